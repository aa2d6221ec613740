-- The district's authority: whose word it is that a server is the district's and a device its own. A copy of the books can
-- speak for the district as well as the books can.
create table authority (
  number      integer primary key,
  key         blob    not null,               -- PKCS #8, on P-256
  certificate blob    not null,               -- made by itself
  made_ms     integer not null,
  retired_ms  integer                         -- what it has signed counts no more; null: it does
) strict;

-- From when on a device may do nothing any more; null: it may.
alter table device add column revoked_ms integer;
