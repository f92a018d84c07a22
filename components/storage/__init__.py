"""Object storage in Amazon S3."""
