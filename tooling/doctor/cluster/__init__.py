"""What the doctor reads in the cluster: workloads, pods, volumes, controllers, permissions."""
