# The mails to somebody who left a company: the offer to keep the account, its reminder, and the word that it is void.
# $vendor is the product, $company the former employer. Two asterisks around words make them bold.

day = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
moment = { $date }, at { $time } UTC
hello = Hello { $name },
hello-nobody = Hello,
farewell-subject = Your { $vendor } account after { $company }
farewell-preview = You can keep it. { $company } does not see whether you do.
farewell-heading = You can keep your account
farewell-told = { $company } has told us that you are no longer with them. Your access through { $company } ended on { $moment }, and you are signed out everywhere.
farewell-yours = The account itself is yours if you want it. Give it an address of your own, and it carries on.
farewell-button = Keep my account
farewell-until = Open until { $until }, for you alone.
farewell-sees = **{ $company } sees none of this.** Neither your new address nor what you decide.
farewell-nothing = **If you do nothing,** the account stays closed.
farewell-mistake = **Was it a mistake?** Ask { $company }. As soon as they bring you back, everything is as before.
farewell-reason = Sent to { $address } because { $company } no longer manages your account.
reminder-subject = Your { $vendor } account: open until { $until }
reminder-preview = After that the offer to keep it ends.
reminder-heading = You can still keep your account
reminder-text = Since { $moment } you are no longer with { $company }. Until { $until } you can give your { $vendor } account an address of your own and carry on.
reminder-once = If you do not want it, do nothing. We do not write about this again.
void-subject = Your { $vendor } account is as before
void-preview = { $company } has you back. The earlier mail is void.
void-heading = The earlier mail is void
void-text = On { $moment } { $company } told us that you were no longer with them, and we wrote to you. That has been taken back: your access through { $company } is as before.
void-nothing = **You need not do anything.** The link in the earlier mail no longer works. Where you were signed out, sign in again as usual.
void-reason = Sent to { $address } because we wrote there that your account was no longer with { $company }.
copy-address = If the button does nothing, copy this address:
questions = Questions?
