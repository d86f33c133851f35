"""Names and codes that writing and reading a factur-x.xml share."""

from collections.abc import Mapping

# The prefixes stand in the canonical paths, so they are part of the agreement between `write` and
# `place_of`.
NAMESPACES: Mapping[str, str] = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}

# BT-8: the standard takes UNTDID 2005, the syntax UNTDID 2475 for the same three meanings (EN
# 16931-3-3).
TAX_POINT_CODES: Mapping[str, str] = {"3": "5", "35": "29", "432": "72"}

# UNTDID 1001 codes that tell the referenced documents of one element name apart (EN 16931-3-3).
TENDER_OR_LOT, OBJECT, SUPPORTING = "50", "130", "916"

# UNTDID 2379: CCYYMMDD, the only date format of the profile.
DATE_FORMAT = "102"

# The syntax wants a name beside the project number (BT-11); the standard has none. Factur-X names
# this constant.
PROJECT_NAME = "Project reference"
