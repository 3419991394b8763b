day = { $day } { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year }
moment = { $date } à { $time } UTC
hello = Bonjour { $name },
hello-nobody = Bonjour,
farewell-subject = Votre compte { $vendor } après { $company }
farewell-preview = Vous pouvez le garder. { $company } ne saura pas si vous le faites.
farewell-heading = Vous pouvez garder votre compte
farewell-told = { $company } nous a indiqué que vous n’en faites plus partie. Votre accès par { $company } a pris fin le { $moment }, et vous êtes déconnecté partout.
farewell-yours = Le compte lui-même est à vous si vous le souhaitez. Donnez-lui une adresse à vous, et il continue.
farewell-button = Garder mon compte
farewell-until = Possible jusqu’au { $until }, pour vous seul.
farewell-sees = **{ $company } n’en voit rien.** Ni votre nouvelle adresse, ni votre décision.
farewell-nothing = **Si vous ne faites rien,** le compte reste fermé.
farewell-mistake = **C’était une erreur ?** Demandez à { $company }. Dès que vous y êtes rétabli, tout est comme avant.
farewell-reason = Envoyé à { $address } parce que { $company } ne gère plus votre compte.
reminder-subject = Votre compte { $vendor } : possible jusqu’au { $until }
reminder-preview = Ensuite, l’offre de le garder prend fin.
reminder-heading = Vous pouvez encore garder votre compte
reminder-text = Depuis le { $moment }, vous ne faites plus partie de { $company }. Jusqu’au { $until }, vous pouvez donner à votre compte { $vendor } une adresse à vous et continuer.
reminder-once = Si vous n’en voulez pas, ne faites rien. Nous ne vous écrirons plus à ce sujet.
void-subject = Votre compte { $vendor } est comme avant
void-preview = { $company } vous a rétabli. Le message précédent est sans objet.
void-heading = Le message précédent est sans objet
void-text = Le { $moment }, { $company } nous a indiqué que vous n’en faisiez plus partie, et nous vous avons écrit. Cela a été annulé : votre accès par { $company } est comme avant.
void-nothing = **Vous n’avez rien à faire.** Le lien du message précédent ne fonctionne plus. Là où vous avez été déconnecté, reconnectez-vous comme d’habitude.
void-reason = Envoyé à { $address } parce que nous y avions écrit que votre compte ne dépendait plus de { $company }.
copy-address = Si le bouton ne fait rien, copiez cette adresse :
questions = Des questions ?
