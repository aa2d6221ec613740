insert into draft_note (form, period, rule, element, text)
values (:form, :period, :rule, :element, :text)
