"""What people run beside Pulumi: render, local cluster, demo, docs, bench."""
