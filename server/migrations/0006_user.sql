-- The people at the district who have an account. The journal says what was decided about each; what is kept of the password
-- stands here alone.
create table user (
  name        text    primary key,
  full_name   text    not null,
  role        text    not null,               -- viewer, officer, administrator
  restricted  integer not null check (restricted in (0, 1)),  -- 1: sees restricted forms, too
  password    text    not null,               -- Argon2id, in the PHC string format
  made_ms     integer not null,
  password_ms integer not null,               -- when the password was set; sessions from before end
  disabled_ms integer                         -- since when it is of no use; null: it is
) strict, without rowid;
