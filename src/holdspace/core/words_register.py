"""What the codes of the controlled-substance register say.

Three lines a code: label, sentence, remedy; see core/words.py.
"""

TABLE = """
movement_same_account | Two accounts
A movement cannot go from an account to itself.
Choose where the medicine came from and where it went.
movement_not_allowed | Kind of movement
Medicine never moves this way in the register.
Choose one of the movements that the page offers.
movement_over_balance | Enough in the account
The account does not hold this much.
Count again; if the count differs, open a discrepancy.
movement_arithmetic | Arithmetic
The amount is not volume times concentration, or is not above zero.
Check volume, concentration and amount against the label.
movement_in_future | Time of the movement
The time of this movement lies in the future.
Check the clock and enter the time at which it happened.
waste_exceeds_drawn | Waste
More would be wasted than is drawn up.
Check the amount left in the syringe.
correction_not_reversal | Correction
A correction must be the exact reverse of a movement that was not corrected before.
Reverse the movement as it stands, then enter the right one.
vial_over_capacity | Content of a container
The container cannot hold this much.
Check the label and the amount received.
vial_expired | Expiry
The vial is past the date on its label.
Set it aside for destruction and use another.
vial_beyond_use | Time since opening
The vial has been open for too long.
Waste the rest with a witness and use another.
vial_not_at_location | Place of the vial
The vial is registered at another address.
Use a vial of this address, or record the transfer first.
vial_second_person | One vial, one person
This vial was already used for another person.
Use a new vial.
person_missing | Person of the movement
Drawing up and giving need the name of the person it is for.
Name the person.
counterparty_missing | Other side
The supplier or the receiver is missing.
Name who sent or received the medicine, with their registration.
concentration_needs_dilution | Dilution
This concentration must be diluted before it goes into a vein, and no dilution is recorded.
Dilute as the label says, and record it.
witness_missing | Witness
This step needs a second person.
Ask a colleague to watch and sign with you.
witness_same_person | Witness
The witness must be somebody else.
Ask another colleague to watch and sign with you.
witness_not_permitted | Profession of the witness
No rule of this state lets this witness's profession see waste, or none is recorded here.
A colleague whose profession may witness signs, or the director records the state's rule.
"""
