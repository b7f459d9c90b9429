"""Privacy at a glance: a pill at her feet that shows which senses are on."""
