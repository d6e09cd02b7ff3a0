"""HTTP: one blueprint a resource, thin views, schemas, and the boundary around them all."""
