day = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }
moment = { $date }, { $time } UTC
hello = Guten Tag { $name },
hello-nobody = Guten Tag,
farewell-subject = Ihr Konto bei { $vendor } nach { $company }
farewell-preview = Sie können es behalten. { $company } erfährt nicht, ob Sie es tun.
farewell-heading = Sie können Ihr Konto behalten
farewell-told = { $company } hat uns mitgeteilt, dass Sie dort nicht mehr sind. Ihr Zugang über { $company } endete am { $moment }, und Sie sind überall abgemeldet.
farewell-yours = Das Konto selbst gehört Ihnen, wenn Sie möchten. Geben Sie ihm eine eigene Adresse, und es geht weiter.
farewell-button = Mein Konto behalten
farewell-until = Möglich bis zum { $until }, nur für Sie.
farewell-sees = **{ $company } sieht davon nichts.** Weder Ihre neue Adresse noch Ihre Entscheidung.
farewell-nothing = **Wenn Sie nichts tun,** bleibt das Konto geschlossen.
farewell-mistake = **War es ein Versehen?** Fragen Sie { $company }. Sobald man Sie dort zurückholt, ist alles wie zuvor.
farewell-reason = Gesendet an { $address }, weil { $company } Ihr Konto nicht mehr verwaltet.
reminder-subject = Ihr Konto bei { $vendor }: möglich bis zum { $until }
reminder-preview = Danach endet das Angebot, es zu behalten.
reminder-heading = Sie können Ihr Konto noch behalten
reminder-text = Seit dem { $moment } sind Sie nicht mehr bei { $company }. Bis zum { $until } können Sie Ihrem Konto bei { $vendor } eine eigene Adresse geben und es weiter nutzen.
reminder-once = Wenn Sie es nicht möchten, tun Sie nichts. Wir schreiben Ihnen dazu nicht noch einmal.
void-subject = Ihr Konto bei { $vendor } ist wie zuvor
void-preview = { $company } hat Sie zurückgeholt. Die frühere Nachricht gilt nicht mehr.
void-heading = Die frühere Nachricht gilt nicht mehr
void-text = Am { $moment } hat { $company } uns mitgeteilt, dass Sie dort nicht mehr sind, und wir haben Ihnen geschrieben. Das wurde zurückgenommen: Ihr Zugang über { $company } ist wie zuvor.
void-nothing = **Sie müssen nichts tun.** Der Link in der früheren Nachricht funktioniert nicht mehr. Wo Sie abgemeldet wurden, melden Sie sich wie gewohnt wieder an.
void-reason = Gesendet an { $address }, weil wir dorthin geschrieben hatten, dass Ihr Konto nicht mehr zu { $company } gehört.
copy-address = Falls die Schaltfläche nichts bewirkt, kopieren Sie diese Adresse:
questions = Fragen?
