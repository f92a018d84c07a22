"""The dev stack on a throwaway local cluster: with pulumi where there is a CLI, else without."""
