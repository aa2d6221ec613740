-- By which of the district's authorities the certificate is that a device last showed; null: it has shown none.
alter table device add column authority integer references authority;
