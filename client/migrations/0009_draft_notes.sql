-- What the officer has said to warnings while filling in; it goes into the report, and with the draft.
create table draft_note (
  form    text    not null,
  period  integer not null,
  rule    text    not null,                                      -- as a report's note names it
  element text    not null,                                      -- empty: the form as a whole
  text    text    not null check (text <> ''),
  primary key (form, period, rule, element),
  foreign key (form, period) references draft on delete cascade
) strict, without rowid;
