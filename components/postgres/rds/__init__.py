"""PostgreSQL on Amazon RDS: the instance, and what it needs around it."""
