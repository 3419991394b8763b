-- An organization's requests are those of its few directories, each of which has an index.
DROP INDEX scim_requests_by_organization;
