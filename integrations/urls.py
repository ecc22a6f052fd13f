"""The portal's addresses of integrations: catalogue, activation, automations, sync."""

from django.urls import path

from integrations.activation import views as activation
from integrations.automations import runs as automation_runs
from integrations.automations import views as automations
from integrations.configuration import views as configuration
from integrations.endpoints import views as webhooks
from integrations.privacy import views as privacy
from integrations.rehearsal import views as rehearsal
from integrations.sync import leads
from integrations.sync import views as sync

urlpatterns = [
    path("integrations/", activation.catalogue, name="integrations"),
    path("integrations/<slug:slug>/", activation.activation, name="activation"),
    path("integrations/<slug:slug>/logo.svg", activation.logo, name="integration-logo"),
    path("integrations/<slug:slug>/rehearsal/", rehearsal.rehearsal, name="rehearsal"),
    path("integrations/<slug:slug>/flow/", activation.choose_flow, name="activation-flow"),
    path("integrations/<slug:slug>/credentials/", activation.validate, name="activation-credentials"),
    path("integrations/<slug:slug>/catalog/<slug:kind>/", activation.shelf, name="activation-shelf"),
    path("integrations/<slug:slug>/do/<slug:step>/", activation.step, name="activation-step"),
    path(
        "integrations/<slug:slug>/settings/<slug:section>/<slug:action>/",
        activation.setting,
        name="activation-setting",
    ),
    path(
        "integrations/<slug:slug>/parts/<slug:section>/<slug:name>/",
        activation.fragment,
        name="activation-part",
    ),
    path("funnels/<int:funnel_id>/automations/", automations.automations, name="automations"),
    path("funnels/<int:funnel_id>/automations/new/", automations.automation_new, name="automation-new"),
    path("funnels/<int:funnel_id>/automations/order/", automations.automation_order, name="automation-order"),
    path("funnels/<int:funnel_id>/automations/filter/", automations.filter_row, name="automation-filter"),
    path("funnels/<int:funnel_id>/automations/action/", automations.action_parts, name="automation-action"),
    path(
        "funnels/<int:funnel_id>/automations/runs/", automation_runs.automation_runs, name="automation-runs"
    ),
    path("funnels/<int:funnel_id>/automations/<int:pk>/", automations.automation, name="automation"),
    path(
        "funnels/<int:funnel_id>/automations/<int:pk>/trial/",
        automation_runs.automation_trial,
        name="automation-trial",
    ),
    path("automations/runs/<int:pk>/again/", automation_runs.automation_again, name="workflow-again"),
    path(
        "funnels/<int:funnel_id>/automations/<int:pk>/switch/",
        automations.automation_switch,
        name="automation-switch",
    ),
    path(
        "funnels/<int:funnel_id>/automations/<int:pk>/delete/",
        automations.automation_delete,
        name="automation-delete",
    ),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook-new"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/edit/", webhooks.webhook_edit, name="webhook-edit"),
    path("webhooks/<int:pk>/switch/", webhooks.webhook_switch, name="webhook-switch"),
    path("webhooks/<int:pk>/secret/", webhooks.webhook_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/test/", webhooks.webhook_test, name="webhook-test"),
    path("webhooks/<int:pk>/replay/", webhooks.webhook_replay, name="webhook-replay"),
    path("webhooks/<int:pk>/delete/", webhooks.webhook_delete, name="webhook-delete"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("persons/<int:person_id>/privacy/", privacy.person_privacy, name="person-privacy"),
    path("persons/<int:person_id>/privacy/export/", privacy.person_export, name="person-export"),
    path("configuration/", configuration.configuration, name="configuration"),
    path("configuration/download/", configuration.download, name="configuration-download"),
    path("configuration/plan/", configuration.planned, name="configuration-plan"),
    path("configuration/apply/", configuration.applied, name="configuration-apply"),
    path("sync/", sync.sync, name="sync"),
    path("sync/affected/", sync.sync_affected, name="sync-affected"),
    path("sync/again/", sync.sync_again, name="sync-again"),
    path("sync/dismiss/", sync.sync_dismiss, name="sync-dismiss"),
    path("sync/exchanges/<int:pk>/", sync.sync_exchange, name="sync-exchange"),
    path("sync/leads/<int:lead_id>/", leads.lead, name="sync-lead"),
    path("sync/leads/<int:lead_id>/fields/", leads.lead_fields, name="sync-lead-fields"),
    path("deals/<int:deal_id>/explain/", sync.deal_explain, name="deal-explain"),
    path("persons/<int:person_id>/explain/", leads.person_explain, name="person-explain"),
]
