"""Every outside system but DynamoDB: S3, SQS, payment providers, identity, photos of strangers."""
