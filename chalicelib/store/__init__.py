"""All DynamoDB: keys, items, reading, and one transaction per command."""
