"""PostgreSQL: in the cluster, on Amazon RDS, and the URL that clients use."""
