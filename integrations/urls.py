"""The portal's addresses of integrations: catalogue, activation, automations, sync."""

from django.urls import path

from integrations.activation import views as activation
from integrations.automations import views as automations
from integrations.sync import views as sync

urlpatterns = [
    path("integrations/", activation.catalogue, name="integrations"),
    path("integrations/<slug:slug>/", activation.activation, name="activation"),
    path("integrations/<slug:slug>/logo.svg", activation.logo, name="integration-logo"),
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
    path("funnels/<int:funnel_id>/automations/<int:pk>/", automations.automation, name="automation"),
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
    path("sync/", sync.sync, name="sync"),
    path("sync/affected/", sync.sync_affected, name="sync-affected"),
    path("sync/again/", sync.sync_again, name="sync-again"),
    path("sync/dismiss/", sync.sync_dismiss, name="sync-dismiss"),
    path("sync/exchanges/<int:pk>/", sync.sync_exchange, name="sync-exchange"),
    path("deals/<int:deal_id>/explain/", sync.deal_explain, name="deal-explain"),
]
