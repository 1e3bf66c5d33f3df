INSERT INTO rejection_store FORMAT Native
