"""What `up` needs in the cluster: each check, and what its answer means."""
