-- What a commune's computer keeps: who it is, what is being filled in, what it has handed in, what it knows.
-- Nothing that was sealed is ever overwritten or deleted.

pragma application_id = 1196379491; -- "GOMc"

create table folder (
  id              integer primary key check (id = 1),
  server          text    not null,
  secret          blob    not null check (length(secret) = 32),  -- made before the first call, shown with each one
  device          blob    check (length(device) = 16),           -- null until the district has enrolled the device
  unit            text,
  history         blob    check (length(history) = 16),          -- the history that the district went by at the last greeting
  epoch           integer not null default 1 check (epoch >= 1),
  pulled_to       integer,                                       -- the commit up to which all is known; null: nothing pulled yet
  last_contact_ms integer,                                       -- by this computer's clock
  skew_ms         integer,                                       -- the district's clock less this one's, then
  check ((device is null) = (unit is null) and (device is null) = (history is null))
) strict;

-- A form being filled in. Its cells go by their elements' keys, so they outlast a new version of the programme.
create table draft (
  form   text    not null,
  period integer not null,                                       -- as on the wire
  base   blob    check (length(base) = 16),                      -- the submission it was made from; null: none stood
  primary key (form, period)
) strict, without rowid;

create table draft_cell (
  form    text    not null,
  period  integer not null,
  element text    not null,
  value   integer not null,                                      -- at the element's scale; a blank has no row
  primary key (form, period, element),
  foreign key (form, period) references draft on delete cascade
) strict, without rowid;

-- The forms and periods of which anything was sealed here. They are few, however often each is handed in again.
create table place (
  id     integer primary key,
  form   text    not null,
  period integer not null,
  unique (form, period)
) strict;

-- What was sealed here, in order. The district rules on each, once.
create table operation (
  id           integer primary key check (id >> 40 >= 1 and id & 0xffffffffff >= 1),  -- the epoch, then 40 bits of sequence
  epoch        integer generated always as (id >> 40),
  sequence     integer generated always as (id & 0xffffffffff),
  place        integer not null references place,
  submission   blob    not null check (length(submission) = 16),
  fingerprint  blob    not null check (length(fingerprint) = 32),
  chain        blob    not null check (length(chain) = 32),      -- over all bodies of the epoch up to this one
  sealed_at_ms integer not null,                                 -- by this computer's clock; nothing is ordered by it
  body         blob    not null                                  -- verbatim, as it is sent
) strict;

create index operation_of on operation (place);

-- Those that the district has not ruled on: an operation is here, or it has a receipt.
create table outbox (
  operation integer primary key references operation
) strict;

-- The district's rulings on them.
create table receipt (
  operation       integer primary key references operation,
  district_commit integer not null,
  at_ms           integer not null,                              -- by the district's clock
  verdict         text    not null check (verdict = 'accepted' or verdict = 'conflict' or verdict = 'rejected'),
  ruling          blob    not null                               -- verbatim
) strict;

create index refused on receipt (operation) where verdict != 'accepted';

-- Where the officer has accepted what stands in place of what was refused: by which ruling, so that another ruling asks
-- anew. Both reports stay in the history.
create table resolved (
  operation       integer not null references operation,
  district_commit integer not null,                              -- that of the ruling's receipt
  primary key (operation, district_commit)
) strict, without rowid;

-- What the unit's other devices and the district itself have filed. The same body is filed once.
create table filed (
  fingerprint       blob    primary key check (length(fingerprint) = 32),
  history           blob    not null check (length(history) = 16),  -- under which history it was last told
  district_commit   integer not null,
  at_ms             integer not null,
  submission        blob    check (length(submission) = 16),     -- null, as the next three: the body cannot be read
  programme_version integer,
  form              integer,                                     -- its place in that version's table of forms
  period            integer,
  body              blob    not null,
  by_district       integer not null check (by_district in (0, 1)),
  verdict           text    not null check (verdict = 'accepted' or verdict = 'conflict' or verdict = 'rejected'),
  ruling            blob    not null
) strict, without rowid;

create index filed_of on filed (period, form);

-- The programme's versions and the tables that came with them, verbatim.
create table edition (
  version         integer primary key check (version >= 1),
  district_commit integer not null
) strict;

create table edition_file (
  version integer not null references edition on delete cascade,
  name    text    not null,
  bytes   blob    not null,
  primary key (version, name)
) strict, without rowid;

create table prior (
  kind  text    not null check (kind in ('quotas', 'baseline')),
  year  integer not null,                                        -- the programme's year that the table came with
  bytes blob    not null,
  primary key (kind, year)
) strict, without rowid;
