-- What the district has signed of its journal, as a witness.
create table checkpoint (
  history         blob    not null check (length(history) = 16),
  district_commit integer not null,
  head            blob    not null check (length(head) = 32),
  signature       blob    not null,
  told_ms         integer not null,                              -- by this computer's clock
  primary key (history, district_commit)
) strict, without rowid;

alter table folder add column checkpoint_key blob;               -- by which the district's signatures are known
