-- The district's books. Nothing in the journal (submission, change, commits) is ever overwritten.

create table district (
  id         integer primary key check (id = 1),
  history    blob    not null check (length(history) = 16), -- names this history; a restored backup gets a new one
  restored   integer not null default 0 check (restored in (0, 1)),  -- 1: it goes on from a backup
  founded_ms integer not null
) strict;

-- Short numbers for names that stand in every row.
create table unit (
  number integer primary key,
  id     text not null unique
) strict;

create table form (
  number integer primary key,
  key    text not null unique
) strict;

-- Who sends: computers of the communes, and for each unit the district's own hand (entries on its behalf).
create table device (
  number        integer primary key,
  id            blob    not null unique check (length(id) = 16),
  unit          integer not null references unit,
  district      integer not null check (district in (0, 1)),  -- 1: the district's own hand
  name          text    not null,
  secret_hash   blob    not null,                             -- SHA-256; empty for the district's own hand
  epoch         integer not null,
  last_sequence integer not null,                             -- the last one ruled on in this epoch
  chain         blob    not null check (length(chain) = 32),  -- over the bodies of this epoch
  last_commit   integer not null,                             -- the last commit that came from it; 0: none
  contact_ms    integer,                                      -- by the district's clock
  skew_ms       integer,                                      -- the device's clock less the district's, at that contact
  app_version   text    not null
) strict;

create table code (
  hash       blob    primary key check (length(hash) = 32),
  unit       integer not null references unit,
  expires_ms integer not null,
  device     integer references device                        -- who used it; null: nobody yet
) strict, without rowid;

-- The journal has one sequence. Each number is either a submission or a change. Checks of rows that come by the
-- thousand are comparisons: SQLite builds a table in memory for each `in` of three or more, at each row.

create table submission (
  seq      integer primary key,
  device   integer not null references device,
  epoch    integer not null,
  sequence integer not null,
  unit     integer not null references unit,
  form     integer references form,           -- null: the body could not be read so far
  period   integer,                           -- as on the wire
  verdict  integer not null check (verdict between 0 and 2),  -- accepted, conflict, rejected
  revision integer not null,                  -- accepted: its number; else the one that stood, 0 for none
  prior    integer,                           -- the submission before it of the same unit, form and period
  repeats  integer,                           -- the submission that this one was before, under another sequence
  body     blob not null,                     -- verbatim
  ruling   blob,                              -- null: accepted without remarks
  unique (device, epoch, sequence)
) strict;

create table change (
  seq  integer primary key,
  kind text not null,                         -- programme, quotas, baseline, target, code, device …
  year integer not null,                      -- the programme's year; 0 where it has none
  body blob not null
) strict;

-- One row a group of entries that became durable together.
create table commits (
  last_seq integer primary key,
  at_ms    integer not null,                  -- the district's clock; nothing is ordered by it
  head     blob not null check (length(head) = 32)            -- the hash chain over all entries up to last_seq
) strict;

-- What stands, so that nobody has to go through the journal.
create table standing (
  period integer not null,
  form   integer not null,
  unit   integer not null,
  seq    integer,                             -- the submission that stands; null: none was accepted
  last   integer not null,                    -- the newest submission, whatever its verdict
  primary key (period, form, unit)
) strict, without rowid;
