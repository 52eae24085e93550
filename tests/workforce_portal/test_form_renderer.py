"""The form renderer: GOV.UK markup for every kind of field, errors that name their field and link to it."""

from django import forms
from django.template import Context, Template
from lxml import html

from workforce_portal.form_renderer import control_id, draw_field, error_links, messages_of


class SampleForm(forms.Form):
    name = forms.CharField(label="Full name", help_text="As on your certificate.")
    email = forms.EmailField(label="Work email", widget=forms.EmailInput(attrs={"placeholder": "Email address"}))
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    sector = forms.ChoiceField(label="Sector", choices=[("", "Choose one"), ("school", "School")])
    mode = forms.ChoiceField(
        label="How?", widget=forms.RadioSelect, choices=[("online", "Live online"), ("other", "Other")]
    )
    mode_other = forms.CharField(label="Which way?", required=False)
    needs = forms.MultipleChoiceField(
        label="Needs", widget=forms.CheckboxSelectMultiple, choices=[("bsl", "Interpreter"), ("lift", "Lift")]
    )
    starts_on = forms.DateField(label="From")
    born_on = forms.DateField(label="Born", widget=forms.SelectDateWidget)
    places = forms.IntegerField(label="Places", min_value=1)
    reason = forms.CharField(label="Reason", widget=forms.Textarea, max_length=400)
    evidence = forms.FileField(label="List", required=False)
    agreed = forms.BooleanField(label="My manager agrees")
    token = forms.CharField(widget=forms.HiddenInput)


def drawn(bound_field, **options):
    return html.fromstring(draw_field(bound_field, **options))


def test_draw_field_gives_text_a_label_a_hint_and_govuk_classes():
    group = drawn(SampleForm()["name"])
    label, hint, control = group.find(".//label"), group.find_class("govuk-hint")[0], group.find(".//input")
    assert (label.text, label.get("for")) == ("Full name", "id_name")
    assert (hint.text, hint.get("id")) == ("As on your certificate.", "id_name_helptext")
    assert control.get("class") == "govuk-input"
    assert control.get("aria-describedby") == "id_name_helptext"
    assert control.get("required") is None


def test_draw_field_shows_no_placeholder_in_place_of_a_label():
    assert drawn(SampleForm()["email"]).find(".//input").get("placeholder") is None


def test_draw_field_marks_errors_on_group_control_and_description():
    group = drawn(SampleForm({"name": ""})["name"])
    control, message = group.find(".//input"), group.find_class("govuk-error-message")[0]
    assert "govuk-form-group--error" in group.get("class")
    assert control.get("class") == "govuk-input govuk-input--error"
    assert control.get("aria-describedby") == "id_name_helptext id_name_error"
    assert control.get("aria-invalid") == "true"
    assert (message.get("id"), message.text_content()) == ("id_name_error", "Error: Fill in “Full name”.")


def test_draw_field_keeps_what_was_typed_and_escapes_it():
    typed = "<script>alert(1)</script>"
    markup = draw_field(SampleForm({"name": typed})["name"])
    assert "<script>" not in markup
    assert html.fromstring(markup).find(".//input").get("value") == typed


def test_draw_field_takes_options_for_label_hint_width_and_suffix():
    group = drawn(SampleForm()["places"], label="How many?", hint="Up to 20.", size="m", width=3, suffix="places")
    assert group.find(".//label").text == "How many?"
    assert "govuk-label--m" in group.find(".//label").get("class")
    assert group.find(".//input").get("class") == "govuk-input govuk-input--width-3"
    assert group.find(".//input").get("aria-describedby") == "id_places_helptext"
    assert group.find_class("govuk-input__suffix")[0].text == "places"


def test_draw_field_can_be_the_heading_of_the_page():
    assert drawn(SampleForm()["name"], heading=True).find(".//h1/label").text == "Full name"
    assert drawn(SampleForm()["mode"], heading=True).find(".//legend/h1").text == "How?"


def test_draw_field_puts_radios_in_a_fieldset_with_a_legend():
    group = drawn(SampleForm({"mode": "online"})["mode"])
    inputs = group.findall(".//input")
    assert group.find(".//legend").text_content().strip() == "How?"
    assert [(each.get("type"), each.get("class"), each.get("checked")) for each in inputs] == [
        ("radio", "govuk-radios__input", "checked"),
        ("radio", "govuk-radios__input", None),
    ]
    assert [label.get("for") for label in group.findall(".//label")] == ["id_mode_0", "id_mode_1"]


def test_draw_field_reveals_a_question_under_its_choice():
    form = SampleForm()
    group = drawn(form["mode"], reveal=form["mode_other"], reveal_on="other")
    revealed = group.find_class("portal-revealed")[0]
    assert revealed.getprevious().find("label").text == "Other"
    assert revealed.find(".//input").get("name") == "mode_other"


def test_draw_field_shows_hints_of_choices():
    form = SampleForm()
    form.fields["mode"].choice_hints = {"online": "You need a camera."}
    group = drawn(form["mode"])
    assert group.find(".//div[@id='id_mode_0_hint']").text == "You need a camera."
    assert group.find(".//input").get("aria-describedby") == "id_mode_0_hint"


def test_draw_field_describes_checkboxes_by_their_error():
    group = drawn(SampleForm({})["needs"])
    assert group.find(".//fieldset").get("aria-describedby") == "id_needs_error"
    assert [each.get("class") for each in group.findall(".//input")] == ["govuk-checkboxes__input"] * 2


def test_draw_field_puts_a_single_checkbox_before_its_label():
    item = drawn(SampleForm()["agreed"]).find_class("govuk-checkboxes__item")[0]
    assert [child.tag for child in item] == ["input", "label"]


def test_draw_field_asks_for_a_date_in_british_form():
    group = drawn(SampleForm()["starts_on"])
    assert group.find_class("govuk-hint")[0].text == "For example, 8/12/2026"
    assert "govuk-input--width-10" in group.find(".//input").get("class")


def test_draw_field_gives_back_the_parts_of_an_impossible_date():
    form = SampleForm({"born_on_day": "31", "born_on_month": "2", "born_on_year": "1987"})
    inputs = drawn(form["born_on"]).findall(".//input")
    assert [(each.get("name"), each.get("value")) for each in inputs] == [
        ("born_on_day", "31"),
        ("born_on_month", "2"),
        ("born_on_year", "1987"),
    ]
    assert messages_of(form["born_on"]) == ["“Born” must be a date, such as 8/12/2026."]


def test_draw_field_reads_a_good_date_from_its_parts():
    form = SampleForm({"born_on_day": "27", "born_on_month": "3", "born_on_year": "1987"})
    assert messages_of(form["born_on"]) == []


def test_draw_field_counts_the_characters_of_a_limited_text():
    group = drawn(SampleForm()["reason"], rows=3)
    text = group.find(".//textarea")
    assert (group.get("data-module"), group.get("data-maxlength")) == ("govuk-character-count", "400")
    assert (text.get("rows"), text.get("maxlength"), text.get("aria-describedby")) == ("3", None, "id_reason-info")


def test_draw_field_offers_to_show_a_password():
    group = drawn(SampleForm()["password"])
    assert group.find(".//button").get("aria-controls") == "id_password"
    assert group.find(".//button").get("hidden") is not None


def test_draw_field_gives_file_and_select_their_classes():
    form = SampleForm()
    assert drawn(form["evidence"]).find(".//input").get("class") == "govuk-file-upload"
    assert drawn(form["sector"]).find(".//select").get("class") == "govuk-select"


def test_messages_of_say_how_to_mend_stock_errors():
    form = SampleForm({"email": "amina at school", "starts_on": "31/2/2027", "places": "0"})
    assert messages_of(form["email"]) == ["“Work email” must be an email address, such as name@school.example."]
    assert messages_of(form["starts_on"]) == ["“From” must be a date, such as 8/12/2026."]
    assert messages_of(form["places"]) == ["“Places” must be 1 or more."]
    assert messages_of(form["mode"]) == ["Choose an answer to “How?”."]


def test_messages_of_leave_a_form_its_own_words():
    form = SampleForm({"name": "Amina"})
    form.add_error("name", "Write your family name too.")
    assert messages_of(form["name"]) == ["Write your family name too."]


def test_error_links_lead_to_the_first_control_of_each_field():
    form = SampleForm({"name": "Amina", "email": "a@b.example", "password": "x", "sector": "school", "places": "2"})
    form.add_error(None, "This date is full.")
    assert error_links(form) == [
        ("This date is full.", ""),
        ("Choose an answer to “How?”.", "id_mode_0"),
        ("Choose an answer to “Needs”.", "id_needs_0"),
        ("Fill in “From”.", "id_starts_on"),
        ("Fill in “Born”.", "id_born_on_day"),
        ("Fill in “Reason”.", "id_reason"),
        ("Fill in “My manager agrees”.", "id_agreed"),
        ("Fill in “Token”.", ""),
    ]


def test_error_links_gather_formsets_and_are_empty_when_all_is_well():
    class PersonForm(forms.Form):
        name = forms.CharField(label="Name")

    formset_class = forms.formset_factory(PersonForm, extra=0, min_num=1, validate_min=True)
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}
    assert error_links(formset_class(data | {"form-0-name": "Ben"})) == []
    assert ("Fill in “Name”.", "id_form-0-name") in error_links(formset_class(data | {"form-0-name": ""}), None)
    assert error_links(SampleForm()) == []


def test_control_id_is_drawn_on_the_page():
    form = SampleForm()
    page = html.fromstring(str(form))
    for bound_field in form.visible_fields():
        assert page.get_element_by_id(control_id(bound_field)) is not None


def test_form_prints_hidden_fields_once_and_every_visible_field():
    page = html.fromstring(f"<div>{SampleForm()}</div>")
    assert len(page.xpath("//input[@type='hidden']")) == 1
    assert len(page.find_class("govuk-form-group")) == len(SampleForm().visible_fields())


def test_formset_prints_management_form_and_forms():
    formset = forms.formset_factory(SampleForm, extra=2)()
    page = html.fromstring(f"<div>{formset}</div>")
    assert page.xpath("//input[@name='form-TOTAL_FORMS']/@value") == ["2"]
    assert len(page.find_class("portal-formset__form")) == 2


def test_widgets_outside_our_forms_stay_djangos():
    markup = Template("{{ form.name }}").render(Context({"form": SampleForm()}))
    assert markup.strip().startswith("<input")
    assert "govuk" not in markup
