"""All shapes of mails: each name stands for one."""

from tests.mail import further_shapes, shapes

INVOICES = shapes.INVOICES | further_shapes.INVOICES
TOLD = shapes.TOLD | further_shapes.TOLD
NOTHING = shapes.NOTHING | further_shapes.NOTHING
