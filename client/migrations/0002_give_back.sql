-- What a commune needs to give back what its district has lost, and to go on where it has lost something itself.

-- Verdicts under the district's seal, verbatim, as each message brought them.
create table sheet (
  id       integer primary key,
  device   blob    not null check (length(device) = 16),         -- whose operations they are about
  epoch    integer not null,
  first    integer not null,                                     -- their first and last sequence
  last     integer not null check (last >= first),
  verdicts blob    not null,
  seal     blob    not null
) strict;

alter table receipt add column sheet integer references sheet;   -- null: it was told without a seal
alter table receipt add column history blob check (length(history) = 16);  -- under which history it was last told
update receipt set history = (select history from folder);

-- Null as before: told before seals were given.
alter table filed add column device blob check (length(device) = 16);
alter table filed add column epoch integer;
alter table filed add column sequence integer;
alter table filed add column seal blob;

-- Operations that were queued in an earlier epoch and are handed in under another number.
create table moved (
  operation integer primary key references operation,
  moved_to  integer not null references operation
) strict;

alter table folder add column admission blob;                    -- the district's seal on the enrolment
alter table folder add column refill integer not null default 0 check (refill in (0, 1));  -- 1: the district may lack what is here
alter table folder add column quarantined integer not null default 0 check (quarantined in (0, 1));
