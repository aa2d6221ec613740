-- Who at the district made a change; empty where a device did, or the server by itself.
alter table change add column who text not null default '';
