"""How the two sites look: django-unfold's settings for the portal and for the staff admin."""

from django.utils.translation import gettext_lazy as _

_COLORS = {
    "primary": {
        "50": "236 253 247",
        "100": "209 250 234",
        "200": "167 243 214",
        "300": "110 231 190",
        "400": "52 211 163",
        "500": "16 185 137",
        "600": "5 140 103",
        "700": "4 112 84",
        "800": "6 89 68",
        "900": "6 73 57",
        "950": "2 41 33",
    }
}
UNFOLD = {
    "SITE_TITLE": _("Tomada support"),
    "SITE_HEADER": _("Tomada support"),
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": "/",
    "SHOW_LANGUAGES": False,
    "COLORS": _COLORS,
    "BORDER_RADIUS": "8px",
    "STYLES": ["accounts.sites.stylesheet"],
    "SCRIPTS": ["accounts.sites.theme"],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "accounts.staff_menu.navigation",
    },
    "DASHBOARD_CALLBACK": "integrations.admin.dashboard.fill",
    "LOGIN": {"form": "accounts.staff_signin.StaffSignInForm"},
}
UNFOLD_PORTAL = {
    "SITE_TITLE": "Tomada",
    "SITE_HEADER": "Tomada",
    "SITE_SYMBOL": "power",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": _COLORS,
    "BORDER_RADIUS": "8px",
    "STYLES": ["accounts.sites.stylesheet"],
    "SCRIPTS": ["accounts.sites.script"],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "accounts.sites.navigation",
    },
    "LOGIN": {"form": "accounts.forms.SignInForm"},
}
