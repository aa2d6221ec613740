-- The key by which the district knows its own words again when a commune gives them back.
alter table district add column seal_key blob check (length(seal_key) = 32);
update district set seal_key = randomblob(32);
