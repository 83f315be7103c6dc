"""CloudFormation and SAM templates: reading, merging, resolving and translating them."""
