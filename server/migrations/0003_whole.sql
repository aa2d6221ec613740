-- What the marks of rows add up to that the journal's chain does not prove: names, devices, codes, the district's key. The
-- triggers that keep it are made by the program.
create table whole (
  part text primary key,
  sum  blob not null check (length(sum) = 16)
) strict, without rowid;
