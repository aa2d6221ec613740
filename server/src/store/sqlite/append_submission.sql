-- append_submission.sql: a submission is entered once and never changes
insert into submission (seq, device, epoch, sequence, unit, form, period, verdict, revision, prior, repeats, body,
                        ruling)
values (:seq, :device, :epoch, :sequence, :unit, :form, :period, :verdict, :revision, :prior, :repeats, :body,
        :ruling)
