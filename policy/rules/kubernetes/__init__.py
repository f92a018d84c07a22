"""Rules about objects of Kubernetes."""
