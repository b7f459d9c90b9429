"""Texts and where they are to be cut, in many languages."""

# "‖" stands where a sentence ends and "¦" where one is cut inside; they are not part of the text.
NUMBERS = """
It is 3.14 today.‖ Nice.
It costs 1,000.5 dollars.‖ I paid 1,000.
Das sind 3,14 Meter.‖ Gut.
We met at 9:30.‖ You were late.
Take version 2.0.1.‖ It works.
It weighs 12.5kg.‖ Heavy!
You have 3.‖ Then I have 5.
I was born in 1999.‖ Berlin was loud.
There were 45.‖ 12 of them left.
On Monday, May 3, 2024 we met again,¦ you and I.
Set it to 10:15:30, 16:9 or 4:3.‖ Done.
The score is 3-2.‖ We won.
It is 5 - 3 = 2.‖ Easy.
Version 1.2.‖ Then what?
Chapter 5.‖ The end of it all.
Take $3.50.‖ Keep the change.
Room No. 7 is free.‖ Take it.
See fig. 3 and p. 12.‖ Then rest.
"""
ABBREVIATIONS = """
Mr. Brown met Mrs. White.‖ They talked.
Dr. House is in.‖ Go!
Ask Prof. Dr. Klein.‖ He knows.
Bring fruit, e.g. apples,¦ i.e. food.‖ Thanks.
I like tea,¦ milk, etc.‖ Bananas too.
I like tea (milk,¦ etc.) and you.‖ Yes.
It opens at 9 a.m. on Monday.‖ Come.
It closes at 5 p.m.‖ The rest is silence.
We meet at 5 p.m. Eastern time.‖ Okay.
J. R. R. Tolkien wrote it.‖ I read it.
Ask George W. Bush.‖ He knows.
The U.S. economy grew.‖ Good.
She lives in the U.S.‖ She likes it.
She has a Ph.D.‖ Her work is good.
Acme Inc. makes it.‖ I use it.
He works for Acme Inc.‖ He likes it.
John Smith Jr. is here.‖ Say hi.
It is approx. five.‖ Or six.
Cats vs. dogs.‖ Who wins?
I love art.‖ You too?
Wait a sec.‖ I am coming.
In Jan. 2020 it snowed.‖ Then no more.
World War II.‖ It was long.
**Dr.** Smith is here.‖ Hello!
No.‖ I said no.‖ No!
It was I.‖ Then you came.
"""
MARKS = """
Well... I am here.‖ Are you?
So... what now?‖ Nothing.
I really do not know…¦ I think so.‖ Yes.
We waited for you all day...‖ Nobody came.
Hm.‖ Well ... yes.‖ Maybe.
What?!‖ Really!?‖ No...
Stop!!!‖ Wait.
wow!‖ that is great.‖ tell me more?‖ sure.
She said "Stop."‖ Then she left.
She said "stop." and left.‖ Then it rained.
"Why?" he asked.‖ "Because."‖ She smiled.
(He left.)‖ She stayed.
He left (really!) and came back.‖ Good.
He said ‘no.’‖ We agreed.
“Come in.”‖ “Thank you.”‖ They sat.
**Bold.**‖ *Soft.*‖ ~~Gone.~~‖ End.
This is __it.__‖ Next one.
Really!‖ (Yes.)‖ [No.]‖ Okay.
It is so.[1]‖ And so.[12]‖ Right.
Yes!‖I do.
Hello, my dear old friend,¦ how are you?‖ I am fine, thanks, and you?
As you can see:¦ it works.
Oh, you!‖ Come here, please, now.
I know the answer:¦ it is forty-two.
I thought about it —¦ and no.‖ Well — yes.
I thought about it—¦and no.‖ Well—yes.
It was a well-known state-of-the-art thing.‖ So.
A dog - a cat -¦ a bird, and a fish.
No marks at all in here
Ends without one
Is this it?‖  Yes.
Stop. . . please.
She asked: "Who are you?"‖ Nobody answered.
"""
EMOJI = """
Great! 😊‖ What now?
Great!😊‖ What now?
I see... 😊‖ What now?
Great. 😊 🎉‖ then more
Hi there 😊!‖ Good.
Family 👩‍👩‍👧‍👦. 👍🏽‖ Nice.
Done!‖ 1️⃣ First.‖ Second.
Okay ❤️.‖ I love it ✨.‖ Bye.
I am so happy to see you, 😊¦ my friend.
Yes. 😊
"""
ADDRESSES = """
Go to https://a.example.com/b.html?x=1.Y&z=Q!w#top.‖ Read it.
Go to example.com.‖ Read it.
Open main.py and README.md.‖ Then run.
Use node.js.‖ It is fast.
Mail me@example.co.uk.‖ I answer.
See [the page](https://x.example/a.b?c=D).‖ Good.
See [this. It helps](https://x.example).‖ Good.
Edit C:\\\\Users\\\\me\\\\a.txt.‖ Save.
Call foo.bar().‖ It returns.
Call `a.b. C` now.‖ Good.
It`s me.‖ Hello.
Use `x` or ``y ` z. A``.‖ Good.
I like .NET.‖ It works.
"""
GERMAN = """
Wir sehen uns am 3. Mai.‖ Bis dann!
Am 24. Dezember um 18.30 Uhr.‖ Komm!
Der 2. Versuch gelang.‖ Hurra!
Der 2. Anlauf gelang.‖ Hurra!
Im 19. Jahrhundert war das so.‖ Heute nicht.
Das ist z.B. gut.‖ Und das auch.
Das ist z. B. gut,¦ d. h. richtig.‖ Und das auch.
Äpfel, Birnen usw.‖ Dann kam Brot.
Das sind ca. 5 Mio. Euro bzw. mehr.‖ Viel!
Hr. Dr. Maier und Fr. Schulz kommen.‖ Gut.
Er ist 30.‖ Dann ging er.
„Komm!“‖ „Nein.“‖ Er ging.
„Komm!“, rief er.‖ Sie kam.
»Komm!«, rief er.‖ »Ja.«‖ Sie kam.
Vgl. Kap. 3 bzw. Abb. 4.‖ Dort steht es.
Um 300 v. Chr. lebte er.‖ Lange her.
Ich heiße Max.‖ Er auch.
Nr. 5 lebt.‖ Max. 3 Stück.‖ Gut.
Ich weiß es einfach nicht...‖ Vielleicht morgen.
"""
ROMANCE = """
Bonjour !‖ Ça va ?‖ Oui.
« Viens ! »‖ « Non. »‖ Il part.
« Viens ! » dit-il.‖ Elle vient.
M. Dupont et Mme. Durand sont là.‖ Bien.
C'est bon, p.ex. le pain.‖ Oui.
C'est bon, p. ex. le pain.‖ Oui.
Il est 14 h 30.‖ On y va ?
¡Hola!‖ ¿Qué tal?‖ Bien.
El Sr. López y la Sra. Ruiz vienen.‖ Bien.
¿Y Ud. qué dice?‖ Nada.‖ ¡Vale!
Cuesta 1.234,56 euros.‖ Mucho.
Vivo en EE. UU. desde ayer.‖ Bien.
Il sig. Rossi mangia pane,¦ vino ecc.‖ Poi dorme.
O Sr. Silva mora na Av. Brasil.‖ Bom.
Bel dhr. Jansen,¦ bijv. morgen.‖ Goed.
Kup chleb, mleko itd.‖ Potem wróć.
"""
RUSSIAN = """
Это, т.е. вот то,¦ стоит 5 тыс. рублей.‖ Дорого!
Хлеб, молоко и т. д.‖ Потом сон.
А. С. Пушкин писал.‖ Я читал.
Ну... я не знаю.‖ Да?
"""
EASTERN = """
こんにちは。‖今日は3.5度です。‖寒い！
そうですね、¦行きましょう。‖はい。
はい、行きます。‖
彼は「行く。」と言った。‖そう。
「行く。」‖「うん。」‖二人は出た。
「行く！」って言った。‖本当？‖うん！
すごい！😊‖ 次は？
本当？！‖嘘…でしょ。‖ええ。
『本。』‖次。
【注意】止まれ。‖次。
(笑)そうだね。‖うん。
値段は1,000円。‖安い。
これはpython3.11です。‖新しい。
你好！‖我叫小明，今年3.5岁。‖你呢？
他说：“好的。”‖然后走了。
他说"好的。"‖然后走了。
"好的。"‖"再见。"‖他走了。
“再见。”‖“明天见。”‖好。
今天天气很好，¦我们出去吧；好吗？‖好。
他走了……然后回来。‖好。
안녕하세요.‖ 저는 알리사예요.‖ 반가워요!
네, 알겠습니다.‖ 감사합니다.
"""
SOUTHERN = """
مرحبا.‖ كيف حالك؟‖ أنا بخير.
أهلا بك يا صديقي العزيز،¦ كيف حالك؟‖ بخير؛ شكرا.
الثمن 3.14 دولار.‖ رخيص!
آپ کیسے ہیں؟‖ ٹھیک۔‖ شکریہ۔
שלום!‖ מה שלומך?‖ טוב.
नमस्ते।‖ कैसे हो?‖ ठीक हूँ।
राम आया॥‖ वह गया।
សួស្តី។‖ អរគុណ។
Բարև։‖ Լավ։
สวัสดีค่ะ วันนี้เป็นอย่างไรบ้าง
"""
LINES = r"""
Title\n‖\nText here.‖ More.
Title\r\n‖Text.
One\n‖Two\n‖Three
1. Open it.\n‖2. Press start.\n‖3. Done
1. Open\n‖2) Press\n‖a. Wait\n‖iv. End
- milk\n‖- bread.‖ butter.‖ Jam.\n‖* eggs
> 1. Quoted.\n‖> 2. Again.
## 3. Heading\n‖Text.
First 1. one 2. two.‖ Good.
Look:\n‖```py\nx = 1. Y\n\n# Hi. You\n```\n‖Good.
Look:\n‖~~~\na. B\n```\n~~~\n‖Good.
Look: ‖```py\nx. Y\n```\n‖Good.
Look:\n‖```py\nx. Y```\n‖Good.
Look:\n‖````\n```\nx. Y\n```\n````\n‖Good.
Look:\n‖```py\nx = "```" + y. Z\n```\n‖Good.
Look:\n‖```\nx. Y\n``` ‖That is it.‖ Bye.
Look:\n‖- ‖```\n  x. Y\n  ```\n‖Good.
```x. Y``` is code.‖ Good.
```py\nnever. Closed
<think>Hm. I see.\n\nWell.</think>\n‖Hello.‖ Good.
<thinking>Hm. I see.</thinking>‖Hello.
<thin.‖ Air
*smiles. Waves.*‖ Hello!‖ Hi.
*smiles softly, warmly, at you* Hello!‖ Hi.
Hello!‖ *waves. Nods* How are you?‖ Fine.
A footnote * here.‖ Then 5 * 3.‖ Then *more.*‖ End.
| a | b |\n‖|---|---|\n‖| 1. | 2 |
"""


def cases() -> list[str]:
    tables = (NUMBERS, ABBREVIATIONS, MARKS, EMOJI, ADDRESSES, GERMAN, ROMANCE, RUSSIAN, EASTERN, SOUTHERN)
    cases = [case for table in tables for case in table.replace("\\\\", "\\").strip().splitlines()]
    return cases + [case.replace("\\r", "\r").replace("\\n", "\n") for case in LINES.strip().splitlines()]
