"""Small vocabularies: common words of each language, and syllables that more words are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """What the words of a language are made of.

    Attributes
    ----------
    common : tuple of str
        Frequent words, drawn about half of the time.
    onsets, vowels, codas : tuple of str
        A made-up word is a chain of onset + vowel + coda; frequent entries are repeated.
    endings : tuple of str
        What made-up words may end in.
    capitals : float
        Share of words with a capital letter inside sentences.
    """

    common: tuple[str, ...]
    onsets: tuple[str, ...] = ()
    vowels: tuple[str, ...] = ()
    codas: tuple[str, ...] = ()
    endings: tuple[str, ...] = ("",)
    capitals: float = 0.05


def _s(text: str) -> tuple[str, ...]:
    return tuple("" if part == "_" else part for part in text.split())


_ONSETS = _s("b c d d f g h j l l m m n n p p qu r r s s t t v w br cl cr dr fl fr gr pl pr sp st tr th sh _ _ _")
_VOWELS = _s("a a a e e e e i i i o o u y ea ie ou")
_CODAS = _s("_ _ _ _ n n r r s t l m d c nd st rt ck p")

LATIN: dict[str, Language] = {
    "english": Language(
        _s(
            "the of and to in a is that it was for on are with as be this have from or one "
            "had by but not what all were "
            "we when your can said there use an each which she do how their if will up "
            "other about out many then them "
            "these so some her would make like him into time has look two more write go see "
            "number no way could people "
            "my than first water been call who oil its now find long down day did get come "
            "made may part over new sound "
            "take only little work know place year live back give most very after thing our just name good sentence "
            "think say great where help through much before line right too mean old any same "
            "tell follow came want show "
            "also around form three small set put end does another well large must big even "
            "such because turn here why "
            "ask went read need land different home us move try kind hand picture again "
            "change off play spell air away "
            "animal house point page letter mother answer found study still learn should "
            "world high every near between"
        ),
        _ONSETS,
        _VOWELS,
        _CODAS,
        _s("_ _ ing ed tion er ly ness ment able al ity ous"),
    ),
    "french": Language(
        _s(
            "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne "
            "se ce il sont avec son aux "
            "d'un cette d'une ou été même être fait nous mais comme on tout leur après deux peut très sans année où "
            "première entre encore temps là état pays faut années vie société général à même côté ainsi français déjà"
        ),
        _ONSETS,
        _s("a a a e e e e i i o o u u é é è ê ai au eu oi ou â î ô"),
        _CODAS,
        _s("_ e es er ment tion ée ant eur ité ique ançe"),
    ),
    "german": Language(
        _s(
            "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine "
            "als auch es an werden aus er "
            "hat daß sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor "
            "zur bis mehr durch man sein wurde Prozent Jahr Straße größer müssen können während Gesetz Höhe schön Maß"
        ),
        _s("b d f g h k l m n p r s t w z sch st br gr kl tr pf schl zw sp fr _ _ v j"),
        _s("a e e i o u ä ö ü ei au ie eu"),
        _s("_ n r s t l ch ck ng ß nd st rt m tz"),
        _s("_ en er ung heit lich keit isch e es schaft"),
        0.3,
    ),
    "spanish": Language(
        _s(
            "de la que el en y a los se del las un por con no una su para es al lo como más "
            "o pero sus le ha me si sin "
            "sobre este ya entre cuando todo esta ser son dos también fue había era muy años "
            "hasta desde está mi porque "
            "qué sólo han yo hay vez puede todos así nos ni parte tiene él uno donde bien tiempo mismo señor año niño"
        ),
        _ONSETS,
        _s("a a a a e e e e i i o o o o u u á é í ó ú"),
        _s("_ _ _ n s r l"),
        _s("_ o a os as ción dad mente ado ía ño"),
    ),
    "polish": Language(
        _s(
            "w i z na do się nie jest że to o jak za po co dla od tym przez tak już są czy "
            "tylko może pod jego być ich "
            "ma przed które także był przy roku która pracy było lat tego będzie więc "
            "bardzo można gdy między każdy ąę"
        ),
        _s("b c d g k l ł m n p r s t w z sz cz rz prz st kr ż ś ć dz ch _ j h"),
        _s("a e i o u y ó ą ę ie ia"),
        _s("_ _ _ n ń m k t w sz ł ść l r ć"),
        _s("_ ość anie ego ych owy ać ów ski"),
    ),
    "turkish": Language(
        _s(
            "bir ve bu da de için ile çok daha olarak gibi olan en ne kadar sonra var o ki ya "
            "her değil mi şey ben büyük "
            "yeni ilk iki önce gün göre zaman diye üzerinde yıl kendi böyle şöyle ıslak "
            "ağaç çünkü ülke güneş öğretmen"
        ),
        _s("b c ç d g h k l m n p r s ş t v y z _ _ f"),
        _s("a e ı i o ö u ü"),
        _s("_ _ k l n r m ğ ş z t"),
        _s("_ lar ler dır mak mek lık ği ya yı ın in da"),
    ),
    "portuguese": Language(
        _s(
            "de a o que e do da em um para é com não uma os no se na por mais as dos como "
            "mas foi ao ele das tem à seu "
            "sua ou ser quando muito há nos já está eu também só pelo pela até isso ela "
            "entre era depois sem mesmo aos "
            "então órgão às avô três opções ação coração países número única água mãe pão línguas"
        ),
        _ONSETS,
        _s("a a a a e e e e i i o o o u u ã õ á é ó â ê"),
        _s("_ _ _ m s r l"),
        _s("_ o a ção ões dade mente ado ável inho"),
    ),
    "czech": Language(
        _s(
            "a v se na je že o s z do i to k ve pro za by ale si po jako podle od jsem tak "
            "jsou které který jeho však "
            "bude nebo už jen byl jak u při až být má co aby rok také před dva nové vše "
            "mezi další když než můj příliš"
        ),
        _s("b č d h k l m n p r ř s š t v z ž př st kr tr _ c j"),
        _s("a a e e i i o o u u á é í ů ú ý ě"),
        _s("_ _ _ n k t l m š č v d"),
        _s("_ ost ání ého ých ový at ů ský"),
    ),
}

CYRILLIC: dict[str, Language] = {
    "russian": Language(
        _s(
            "и в не на я быть он с что а по это она этот к но они мы весь который из у то за "
            "свой её так от такой для ты "
            "же все тот мочь вы человек его сказать только или ещё бы себя один как уже до "
            "время если сам когда другой "
            "вот говорить наш мой знать стать при чтобы дело жизнь кто первый очень два "
            "день её новый рука даже во со "
            "раз где там под можно ну какой после их работа без самый потом надо хотеть ли слово идти большой должен"
        ),
        _s("б в г д ж з к л м н п р с т ф х ц ч ш щ ст пр тр кр _ _"),
        _s("а а о о е е и и у ы я ю ё э"),
        _s("_ _ _ н р с т л м к в й ст"),
        _s("_ ость ение ый ого ых ать ил ная ский ция"),
    ),
    "ukrainian": Language(
        _s(
            "і в не на з що у до як та за це від про але він його для є так був вона ми ви "
            "їх якщо буде вже тільки може "
            "який коли під час році після міста україни людей більше щоб між їй ґрунт її свою також день земля життя"
        ),
        _s("б в г д ж з к л м н п р с т х ц ч ш ст пр _"),
        _s("а о е и і у я ю є ї"),
        _s("_ _ н р с т л м к в й"),
        _s("_ ість ення ий ого их ати ив ський ція"),
    ),
    "serbian": Language(
        _s(
            "и је у да се на за су од са а који то као не из по о што али или он до би ће "
            "само све има бити како године "
            "није био она када људи због више њега између против ђак џеп љубав његов кућа дан након други први време"
        ),
        _s("б в г д ж з к л м н п р с т х ц ч ш ђ ћ џ љ њ _"),
        _s("а е и о у"),
        _s("_ _ _ н р с т л м к в ј"),
        _s("_ ост ање и ог их ати ио ски ција"),
    ),
}

GREEK: dict[str, Language] = {
    "greek": Language(
        _s(
            "και το της η του να την τον για με που τα οι από στην στο σε είναι των δεν θα ο "
            "αυτό τους μια μας έχει ότι "
            "ως ή σας αν πως αλλά έχουν μετά μου κάθε πιο πρέπει όπως πολύ ένα όταν μπορεί ήταν χρόνια δύο μόνο χώρα "
            "ζωή άλλο λόγο πριν σήμερα ώρα μέσα όλα τότε εδώ κόσμο ημέρα έργο νέα μεγάλη πρώτη γιατί υπάρχει σχέση"
        ),
        _s("β γ δ ζ θ κ λ μ ν ξ π ρ σ τ φ χ ψ στ πρ τρ _ _"),
        _s("α ε η ι ο υ ω ά έ ή ί ό ύ ώ αι ει οι ου"),
        _s("_ _ _ ν ρ λ κ"),
        _s("ς ν _ ση σμός ικός τητα ούμε ων α ος"),
    )
}

ARABIC: dict[str, Language] = {
    "arabic": Language(
        _s(
            "في من على إلى أن هذا كان مع التي عن ما لا هذه هو بعد ذلك كل بين الذي قد أو "
            "يوم قبل غير حتى عند هي ثم كما "
            "أي لم منذ خلال حيث العام الدولة الناس العمل الكتاب المدينة البيت وقت الحياة العالم رئيس جديد كبير الأول "
            "سنة شركة مدرسة طريق علم لغة حكومة سؤال جواب كلمة صفحة رسالة تاريخ اللغة العربية الماء الشمس القمر ليل"
        ),
        _s("ك ت ب ع ل م س ر د ف ق ن ح ج ش ص ط ه و ي خ ز ال ال م"),
        _s("ا و ي _ _ _"),
        _s("ب ت ر س م ن ل ع د ق ف ه _ ك ح"),
        _s("_ ة ات ون ين ها ه ية ي"),
    ),
    "persian": Language(
        _s(
            "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت می شد ما اما "
            "یا باید هر آنها کند دیگر پس "
            "اگر همه مردم ایران سال روز کار زندگی کتاب چه گل پدر مادر شهر خانه ژاله چشم پنجره گفتگو"
        ),
        _s("ک ت ب ع ل م س ر د ف ق ن ح ج ش پ چ گ ه و ی خ ز"),
        _s("ا و ی _ _"),
        _s("ب ت ر س م ن ل د ق ف ه _ گ"),
        _s("_ ان ها ی ه ات گاه"),
    ),
}

HEBREW: dict[str, Language] = {
    "hebrew": Language(
        _s(
            "של את על לא הוא זה כי גם עם היה אל או כל אני היא יש אם מה רק אך בין לאחר עד כך אבל יותר שנים היום ישראל "
            "אחד כמו הם ראש אין בית לפני דבר שלו זו כן אחרי איש עוד שנה בו לו אותו העיר ספר דרך ארץ ילדים מים שמש "
            "חדש גדול ראשון מלך יום לילה שולחן חלון דלת מכתב תשובה שאלה מילה שפה עולם עץ פרח קטן צבע קול"
        ),
        _s("א ב ג ד ה ו ז ח ט י כ ל מ נ ס ע פ צ ק ר ש ת ה ב ל מ ש ו"),
        _s("ו י _ _ _"),
        _s("ב ד ה ל מ נ ר ש ת ק _ ח"),
        _s("_ ים ות ה ת ן ם ך ף ץ יה"),
    )
}

DEVANAGARI: dict[str, Language] = {
    "hindi": Language(
        _s(
            "के में है की से को का और पर ने यह कि हैं एक भी था नहीं लिए तो कर इस हो वह जो "
            "अपने ही कहा साथ बाद गया थे कुछ "
            "या किया हुए दिया जाता सकता होने करने समय लोग दिन घर काम साल बात देश सरकार "
            "भारत पहले जब तक उनके मैं हम आप "
            "पानी किताब शहर नाम विश्व जीवन प्रश्न उत्तर भाषा हिन्दी शब्द पृष्ठ पत्र स्कूल मित्र सूर्य "
            "चन्द्र राष्ट्र क्षेत्र ज्ञान श्री"
        ),
        _s("क ख ग घ च छ ज झ ट ठ ड ढ त थ द ध न प फ ब भ म य र ल व श ष स ह प्र क्र स्त न्द क्ष त्र"),
        _s("_ _ _ ा ा ि ी ु ू े ै ो ौ ं"),
        _s("_ _ न र ल क त"),
        _s("_ ा ी ने ता ों ें"),
    )
}

_HAN = (
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用"
    "第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感见明问力理"
    "尔点文几定本公特做外孩相西果走将月十实向声车全信重三机工物气每并别真打太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性"
    "马光白或住难望教命花结乐色更拉东神记处让母父应直字场平报友关放至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战"
    "远格士音轻目条呢病始达深完今提求清王化空业思切怎非找片罗钱语元喜曾离飞科言干流欢约各即指合反题必该论交终林请医晚制球决传画保读运及则房早院量苦火布品"
)
_KANJI = (
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京"
    "全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公持野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記"
)
CHINESE: dict[str, Language] = {"chinese": Language(tuple(_HAN))}
_KANA = "のにはをたがでてとしれさいるなこかありもらくそうまっおけすきせめみよわえゃゅょ"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロンーッドグズプ"
JAPANESE: dict[str, Language] = {"japanese": Language(tuple(_KANJI + _KANA * 7 + _KATAKANA * 2))}
KOREAN: dict[str, Language] = {
    "korean": Language(
        _s(
            "이 그 저 것 수 나는 있다 하다 되다 사람 우리 때 년 한 대한 말하다 일 같다 그리고 "
            "문제 또는 사회 많은 그러나 좋은 "
            "따라서 경우 생각 시간 그녀 다시 위해 나라 세계 도시 학교 선생님 학생 편지 물 하늘 "
            "바다 책 종이 글자 오늘 내일 어제"
        )
    )
}
BY_SCRIPT: dict[str, dict[str, Language]] = {
    "latin": LATIN,
    "cyrillic": CYRILLIC,
    "greek": GREEK,
    "arabic": ARABIC,
    "hebrew": HEBREW,
    "devanagari": DEVANAGARI,
    "chinese": CHINESE,
    "japanese": JAPANESE,
    "korean": KOREAN,
}
