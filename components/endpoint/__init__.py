"""The public name: certificate, load balancer, DNS record, access logs."""
