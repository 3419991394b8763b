day = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }
moment = { $date }, a las { $time } UTC
hello = Hola, { $name }:
hello-nobody = Hola:
farewell-subject = Su cuenta de { $vendor } después de { $company }
farewell-preview = Puede conservarla. { $company } no ve si lo hace.
farewell-heading = Puede conservar su cuenta
farewell-told = { $company } nos ha comunicado que usted ya no está allí. Su acceso a través de { $company } terminó el { $moment } y se ha cerrado su sesión en todas partes.
farewell-yours = La cuenta es suya si la quiere. Asígnele una dirección propia y seguirá funcionando.
farewell-button = Conservar mi cuenta
farewell-until = Disponible hasta el { $until }, solo para usted.
farewell-sees = **{ $company } no ve nada de esto.** Ni su nueva dirección ni lo que decida.
farewell-nothing = **Si no hace nada,** la cuenta sigue cerrada.
farewell-mistake = **¿Ha sido un error?** Pregunte a { $company }. En cuanto le den de alta de nuevo, todo estará como antes.
farewell-reason = Enviado a { $address } porque { $company } ya no gestiona su cuenta.
reminder-subject = Su cuenta de { $vendor }: disponible hasta el { $until }
reminder-preview = Después termina la oferta de conservarla.
reminder-heading = Todavía puede conservar su cuenta
reminder-text = Desde el { $moment } usted ya no está en { $company }. Hasta el { $until } puede asignar a su cuenta de { $vendor } una dirección propia y seguir usándola.
reminder-once = Si no la quiere, no haga nada. No volveremos a escribirle sobre esto.
void-subject = Su cuenta de { $vendor } está como antes
void-preview = { $company } le ha dado de alta de nuevo. El mensaje anterior queda sin efecto.
void-heading = El mensaje anterior queda sin efecto
void-text = El { $moment }, { $company } nos comunicó que usted ya no estaba allí y le escribimos. Se ha revocado: su acceso a través de { $company } está como antes.
void-nothing = **No tiene que hacer nada.** El enlace del mensaje anterior ya no funciona. Donde se cerró su sesión, vuelva a iniciarla como siempre.
void-reason = Enviado a { $address } porque escribimos allí que su cuenta ya no dependía de { $company }.
copy-address = Si el botón no hace nada, copie esta dirección:
questions = ¿Preguntas?
