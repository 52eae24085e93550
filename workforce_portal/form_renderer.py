"""Draws Django's forms as GOV.UK Frontend components: those of the portal and of django-allauth, not the admin's."""

from django import forms
from django.core.validators import EmailValidator, MaxValueValidator, MinValueValidator
from django.forms.boundfield import BoundWidget
from django.forms.renderers import DjangoTemplates
from django.template.loader import get_template, render_to_string

OWN_TEMPLATES = "forms/"

DATE_HINT = "For example, 8/12/2026"

# Django's stock sentences, and what we say instead. A message written in a form is never touched.
STOCK_MESSAGES = (
    (forms.Field.default_error_messages["required"], "{ask} “{label}”."),
    (forms.DateField.default_error_messages["invalid"], "“{label}” must be a date, such as 8/12/2026."),
    (forms.TimeField.default_error_messages["invalid"], "“{label}” must be a time, such as 9:30."),
    (forms.IntegerField.default_error_messages["invalid"], "“{label}” must be a whole number, such as 12."),
    (forms.DecimalField.default_error_messages["invalid"], "“{label}” must be a number, such as 47.50."),
    (EmailValidator.message, "“{label}” must be an email address, such as name@school.example."),
    (MinValueValidator.message, "“{label}” must be {limit} or more."),
    (MaxValueValidator.message, "“{label}” must be {limit} or less."),
    (forms.ChoiceField.default_error_messages["invalid_choice"], "Choose one of the answers to “{label}”."),
)

# How many characters a box is wide when nobody says otherwise: the width hints at the length of the answer.
USUAL_WIDTHS = {forms.DateInput: 10, forms.TimeInput: 5, forms.NumberInput: 5, forms.DateTimeInput: 20}


class PortalFormRenderer(DjangoTemplates):
    """Whole forms and fields come from our own templates; the bare inputs inside them stay Django's."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"

    def get_template(self, template_name):
        if template_name.startswith(OWN_TEMPLATES):
            return get_template(template_name)
        return super().get_template(template_name)


def draw_field(bound_field, **options):
    """One field with its label, hint, errors and control. The options are listed in docs/look.md."""
    if bound_field.is_hidden:
        return bound_field.as_widget()
    kind, draw = _kind_of(bound_field.field.widget)
    context = _common_context(bound_field, options)
    context.update(draw(bound_field, context))
    return render_to_string(f"forms/{kind}.html", context)


def error_links(*sources):
    """What the error summary lists: (message, id of the control to go to, or none), for forms and formsets together."""
    links = []
    for source in sources:
        if isinstance(source, forms.BaseFormSet):
            links += [(message, "") for message in source.non_form_errors()]
            links += error_links(*source.forms)
        elif source is not None and getattr(source, "is_bound", False):
            links += _form_error_links(source)
    return links


def messages_of(bound_field):
    """The field's errors. Django's stock sentences become ones that name the field and say how to mend it."""
    return [
        _in_our_words(bound_field, error) or message
        for error, message in zip(bound_field.errors.as_data(), bound_field.errors, strict=True)
    ]


def control_id(bound_field):
    """The id of the first thing a person can type in or choose: where a link to the field should land."""
    widget = bound_field.field.widget
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return f"{bound_field.auto_id}_0"
    if isinstance(widget, forms.SelectDateWidget):
        return f"{bound_field.auto_id}_day"
    return widget.attrs.get("id") or bound_field.auto_id


def _form_error_links(form):
    links = [(message, "") for message in form.non_field_errors()]
    for bound_field in form:
        target = "" if bound_field.is_hidden else control_id(bound_field)
        links += [(message, target) for message in messages_of(bound_field)]
    return links


def _in_our_words(bound_field, error):
    for stock_message, words in STOCK_MESSAGES:
        if error.message == stock_message:
            is_choice = isinstance(bound_field.field.widget, forms.widgets.ChoiceWidget)
            ask = "Choose an answer to" if is_choice else "Fill in"
            return words.format(label=bound_field.label, ask=ask, limit=(error.params or {}).get("limit_value"))
    return None


def _kind_of(widget):
    """The template for a widget and the function that adds what it needs; children stand before parents."""
    for widget_class, kind, draw in (
        (forms.SelectDateWidget, "date_parts", _draw_date_parts),
        (forms.CheckboxSelectMultiple, "choices", _draw_choices),
        (forms.RadioSelect, "choices", _draw_choices),
        (forms.CheckboxInput, "checkbox", _draw_checkbox),
        (forms.Select, "control", _draw_select),
        (forms.Textarea, "textarea", _draw_textarea),
        (forms.PasswordInput, "password", _draw_password),
        (forms.FileInput, "control", _draw_file),
    ):
        if isinstance(widget, widget_class):
            return kind, draw
    return "control", _draw_input


def _common_context(bound_field, options):
    hint = options.pop("hint", None)
    if hint is None:
        hint = bound_field.help_text or _usual_hint(bound_field.field.widget)
    described_by = [
        f"{bound_field.auto_id}_helptext" if hint else "",
        f"{bound_field.auto_id}_error" if bound_field.errors else "",
    ]
    return {
        "field": bound_field,
        "messages": messages_of(bound_field),
        "label": options.pop("label", None) or bound_field.label,
        "hint": hint,
        "hint_id": f"{bound_field.auto_id}_helptext",
        "error_id": f"{bound_field.auto_id}_error",
        "described_by": " ".join(filter(None, described_by)),
        "control_id": control_id(bound_field),
        "options": options,
    }


def _usual_hint(widget):
    if isinstance(widget, forms.DateInput) and widget.input_type == "text":
        return DATE_HINT
    return ""


def _control(bound_field, context, *classes, **attrs):
    """The bare input with our classes, without the browser's own bubbles and without a placeholder."""
    widget = bound_field.field.widget
    if bound_field.errors:
        classes += (f"{classes[0]}--error",)
    described_by = " ".join(filter(None, [context["described_by"], attrs.pop("described_by", "")]))
    attrs["class"] = " ".join(filter(None, [*classes, widget.attrs.get("class")]))
    attrs.setdefault("id", context["control_id"])
    # Django leaves out an attribute that is False; `required` would bring the browser's own bubbles.
    silent = {"aria-describedby": described_by or False, "required": False, "placeholder": False}
    return widget.render(
        name=bound_field.html_name,
        value=bound_field.value(),
        attrs=bound_field.build_widget_attrs(attrs) | silent,
        renderer=bound_field.form.renderer,
    )


def _draw_input(bound_field, context):
    widget = bound_field.field.widget
    usual = next((width for kind, width in USUAL_WIDTHS.items() if isinstance(widget, kind)), None)
    if getattr(widget, "input_type", "") in {"date", "datetime-local", "time"}:
        usual = 20 if widget.input_type == "datetime-local" else 10
    width = context["options"].get("width", usual)
    return {"control": _control(bound_field, context, "govuk-input", f"govuk-input--width-{width}" if width else "")}


def _draw_select(bound_field, context):
    return {"control": _control(bound_field, context, "govuk-select")}


def _draw_file(bound_field, context):
    return {"control": _control(bound_field, context, "govuk-file-upload")}


def _draw_textarea(bound_field, context):
    limit = bound_field.field.widget.attrs.get("maxlength") or getattr(bound_field.field, "max_length", None)
    attrs = {"rows": context["options"].get("rows", 5), "cols": False, "maxlength": False}
    counting = ""
    if limit:
        counting = "govuk-js-character-count"
        attrs["described_by"] = f"{bound_field.auto_id}-info"
    return {"limit": limit, "control": _control(bound_field, context, "govuk-textarea", counting, **attrs)}


def _draw_password(bound_field, context):
    classes = ("govuk-input", "govuk-password-input__input", "govuk-js-password-input-input")
    return {"control": _control(bound_field, context, *classes, spellcheck="false", autocapitalize="none")}


def _draw_checkbox(bound_field, context):
    control = _control(bound_field, context, "govuk-checkboxes__input")
    return {"control": control}


def _draw_choices(bound_field, context):
    widget = bound_field.field.widget
    family = "checkboxes" if isinstance(widget, forms.CheckboxSelectMultiple) else "radios"
    choices = list(_choices(bound_field, family, context["options"]))
    if choices:
        choices[-1]["divider"] = context["options"].get("divider", "")
    return {"family": family, "choices": choices}


def _choices(bound_field, family, options):
    """Each choice with its drawn input. A field may carry `choice_hints`, {value: sentence}, shown under the choice."""
    widget = bound_field.field.widget
    hints = getattr(bound_field.field, "choice_hints", {})
    silent = {"required": False, "aria-describedby": False, "aria-invalid": False}
    attrs = {"id": bound_field.auto_id, "class": f"govuk-{family}__input"}
    attrs = bound_field.build_widget_attrs(attrs) | silent
    for group_name, subwidgets, _index in widget.optgroups(bound_field.html_name, _chosen(bound_field), attrs):
        for position, data in enumerate(subwidgets):
            value = str(data["value"])
            revealed = options.get("reveal") if value == str(options.get("reveal_on")) else None
            hint = hints.get(data["value"], hints.get(value, ""))
            if hint:
                data["attrs"]["aria-describedby"] = f"{data['attrs']['id']}_hint"
            yield {
                "id": data["attrs"]["id"],
                "label": data["label"],
                "hint": hint,
                "group": group_name if position == 0 else "",
                "revealed": revealed,
                "control": BoundWidget(widget, data, bound_field.form.renderer).tag(),
            }


def _chosen(bound_field):
    return bound_field.field.widget.format_value(bound_field.value())


def _draw_date_parts(bound_field, context):
    """Day, month and year boxes for a SelectDateWidget, under the very names it reads them by."""
    widget = bound_field.field.widget
    value = widget.format_value(bound_field.value())
    parts = []
    for name, label, width in (("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4)):
        given = value.get(name)
        parts.append(
            {
                "id": f"{bound_field.auto_id}_{name}",
                "name": f"{bound_field.html_name}_{name}",
                "label": label,
                "width": width,
                "value": _typed_part(bound_field, name, given),
            }
        )
    return {"parts": parts}


def _typed_part(bound_field, name, given):
    """What the person typed comes back as they typed it, even when the three parts make no date."""
    if bound_field.form.is_bound:
        return bound_field.form.data.get(f"{bound_field.html_name}_{name}", "")
    return "" if given in (None, "") else given
