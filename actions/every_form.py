"""The forms of domain.yml, one class each: rasa-sdk finds actions by their classes."""

from __future__ import annotations

from actions.forms import TaskForm


class ValidateOrderStatusForm(TaskForm):
    """Order status, delivery date, tracking."""

    form = "order_status_form"


class ValidateRefundStatusForm(TaskForm):
    """Where a return or its money is."""

    form = "refund_status_form"


class ValidateParcelForm(TaskForm):
    """Late, lost, or delivered but not received."""

    form = "parcel_form"


class ValidateAccessForm(TaskForm):
    """Access to courses and e-books."""

    form = "access_form"


class ValidateCancelForm(TaskForm):
    """Cancel an order or a line."""

    form = "cancel_form"


class ValidateAddressForm(TaskForm):
    """Send an order elsewhere."""

    form = "address_form"


class ValidateReturnForm(TaskForm):
    """Return goods, refund a course, an e-book or a membership."""

    form = "return_form"


class ValidateExchangeForm(TaskForm):
    """Another variant of the same product."""

    form = "exchange_form"


class ValidateWarrantyForm(TaskForm):
    """A fault that came later."""

    form = "warranty_form"


class ValidateRenewalForm(TaskForm):
    """Stop a membership's renewal."""

    form = "renewal_form"


class ValidateInvoiceForm(TaskForm):
    """Request an invoice."""

    form = "invoice_form"


def form_called(name: str) -> TaskForm:
    """The form of a name in TASKS."""
    return next(form() for form in TaskForm.__subclasses__() if form.form == name)
