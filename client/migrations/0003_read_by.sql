-- So that a sync need not read the programme only to see whether it can be read.
alter table edition add column read_by text;                     -- the version of the program that has read it; null: none
