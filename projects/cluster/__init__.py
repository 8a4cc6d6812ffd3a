"""What a cluster needs that one PostgreSQL does not: tables spread over nodes, and answers while a node is away.

The cluster is PostgreSQL with the extension Citus. Tables of tenants are distributed by their `project_id`, so all rows
of a project are on one node; all other tables stay on the coordinator, to which programs connect."""
