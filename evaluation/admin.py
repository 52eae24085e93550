"""Administration of questionnaires: imported, published, and frozen from then on."""

from django.contrib import admin, messages

from accounts import clock
from accounts.admin_site import PortalModelAdmin
from accounts.spreadsheets import PortalImportExportAdmin
from evaluation.actions import questionnaires
from evaluation.forms.profiles import ProfileForm
from evaluation.models import EvaluationProfile, Question, Questionnaire
from evaluation.resources import QuestionResource


class QuestionInline(admin.TabularInline):
    """The items of one version, to read."""

    model = Question
    fields = ("position", "code", "wording", "kind", "required")
    ordering = ("position",)
    extra = 0
    show_change_link = True

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Questionnaire)
class QuestionnaireAdmin(PortalModelAdmin):
    """Versions are begun and published by the actions above the list; their items are imported, or edited one by one."""

    list_display = ("stage", "version", "published_at")
    list_filter = ("stage", ("published_at", admin.EmptyFieldListFilter))
    readonly_fields = ("stage", "version", "published_at")
    inlines = (QuestionInline,)
    ordering = ("stage", "-version")
    actions = ("publish", "begin_next_version")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description="Publish: the version is frozen and asked from now on")
    def publish(self, request, queryset):
        for questionnaire in queryset:
            try:
                questionnaires.publish(questionnaire=questionnaire, by=request.user, now=clock.now())
            except questionnaires.NothingToPublish as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                self.message_user(request, f"“{questionnaire}” is published.", messages.SUCCESS)

    @admin.action(description="Begin the next version, as a copy that may be changed")
    def begin_next_version(self, request, queryset):
        for stage in sorted(set(queryset.values_list("stage", flat=True))):
            draft = questionnaires.begin_next_version(stage=stage)
            self.message_user(request, f"“{draft}” may be changed now.", messages.SUCCESS)


@admin.register(EvaluationProfile)
class EvaluationProfileAdmin(PortalModelAdmin):
    """Which items courses of a format leave out; a format without a row is asked everything."""

    form = ProfileForm
    list_display = ("learning_format", "stage", "asks", "items")
    list_filter = ("learning_format", "stage")
    ordering = ("learning_format", "stage")

    @admin.display(description="items")
    def items(self, profile):
        return ", ".join(profile.codes)


@admin.register(Question)
class QuestionAdmin(PortalImportExportAdmin):
    """Items of drafts may be changed; those of a published version are looked at only."""

    resource_classes = (QuestionResource,)
    list_display = ("questionnaire", "position", "code", "wording", "kind", "required")
    list_filter = ("questionnaire__stage", ("questionnaire__published_at", admin.EmptyFieldListFilter))
    list_select_related = ("questionnaire",)
    search_fields = ("code", "wording")
    ordering = ("questionnaire__stage", "-questionnaire__version", "position")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "questionnaire":
            kwargs["queryset"] = Questionnaire.objects.filter(published_at__isnull=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not self.is_frozen(obj)

    def has_delete_permission(self, request, obj=None):
        """One by one, and never an item that was asked."""
        return obj is not None and super().has_delete_permission(request, obj) and not self.is_frozen(obj)

    def is_frozen(self, question):
        return question is not None and question.questionnaire.published_at is not None
