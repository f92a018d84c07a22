"""What a role may do that deploys a platform and nothing else: tables, and policies for IAM."""
