"""The sentences of claiming a box and of choosing its password, Spanish beside English."""

from collections.abc import Mapping

CLAIM: Mapping[str, tuple[str, str]] = {
    "nav.password": ("Contraseña", "Password"),
    "claim.title": ("Estrenar la centralita", "Claim this box"),
    "claim.intro": (
        "Esta centralita todavía no es de nadie. Escriba el código que muestra su pantalla o su puerto serie y elija "
        "la contraseña con la que su oficina entrará en esta página.",
        "This box is nobody's yet. Type the code its screen or serial port shows, and choose the password with which "
        "your office will open this page.",
    ),
    "claim.code": ("Código de la centralita", "Code of the box"),
    "claim.code_hint": (
        "Tres grupos de cuatro letras y cifras. Mayúsculas y guiones dan igual.",
        "Three groups of four letters and digits. Capitals and hyphens make no difference.",
    ),
    "claim.enter": ("Hacerla nuestra", "Claim it"),
    "claim.after": (
        "El código sirve una sola vez: después desaparece de la pantalla y solo vale la contraseña.",
        "The code works once: then it disappears from the screen and only the password counts.",
    ),
    "claim.done": (
        "La centralita ya es suya. Guarde bien la contraseña: el código ya no sirve.",
        "The box is yours now. Keep the password safe: the code is worth nothing any more.",
    ),
    "claim.wrong": (
        "El código no es el de esta centralita. Cópielo tal como aparece en su pantalla.",
        "This is not the code of this box. Copy it as its screen shows it.",
    ),
    "claim.already": (
        "Esta centralita ya es de alguien. Entre con su contraseña.",
        "This box has been claimed already. Log in with its password.",
    ),
    "claim.pause": (
        "Demasiados códigos equivocados. Espere {seconds} s y vuelva a intentarlo.",
        "Too many wrong codes. Wait {seconds} s and try again.",
    ),
    "password.title": ("Cambiar la contraseña", "Change the password"),
    "password.old": ("Contraseña de ahora", "Present password"),
    "password.new": ("Contraseña nueva", "New password"),
    "password.again": ("La misma otra vez", "The same once more"),
    "password.hint": (
        "Al menos {least} caracteres: tres o cuatro palabras se recuerdan mejor que una complicada.",
        "At least {least} characters: three or four words are easier to remember than one complicated one.",
    ),
    "password.change": ("Cambiarla", "Change it"),
    "password.ends": (
        "Quien tenga la página abierta en otro equipo tendrá que entrar con la nueva.",
        "Whoever has the page open on another computer will have to log in with the new one.",
    ),
    "password.done": ("La contraseña ha cambiado.", "The password has been changed."),
    "password.wrong": ("La contraseña de ahora no es correcta.", "The present password is not right."),
    "password.short": (
        "Es demasiado corta: tiene que tener al menos {least} caracteres.",
        "It is too short: it must have at least {least} characters.",
    ),
    "password.long": (
        "Es demasiado larga: puede tener hasta {most} caracteres.",
        "It is too long: it may have up to {most} characters.",
    ),
    "password.is_code": (
        "La contraseña no puede ser el código: lo ha visto cualquiera que haya mirado la pantalla. Elija otra.",
        "The password cannot be the code: whoever looked at the screen has seen it. Choose another.",
    ),
    "password.differ": (
        "Las dos contraseñas nuevas no son iguales. Escríbalas otra vez.",
        "The two new passwords are not the same. Type them again.",
    ),
    "password.not_kept": (
        "No se ha podido guardar la contraseña; sigue valiendo lo de antes. {problem}",
        "The password could not be kept; what counted before still does. {problem}",
    ),
}
