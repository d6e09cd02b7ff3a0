"""What requests must look like and what answers look like: one module a resource."""
