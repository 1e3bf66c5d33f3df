-- Of what figures were made with, what they depend on: catalogue and zone, without the protocol that their consumers keep.
ALTER TABLE figures_made ADD COLUMN IF NOT EXISTS
    made_of String ALIAS splitByString(', protocol ', made_with)[1];
