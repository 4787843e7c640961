"""Round a sentence encoder to 8-bit integers, so that little of its meaning is lost.

Three measures keep the vectors near those in 32 bits: cosine .9956 at the lowest and .9988 on average, over 340
passages, questions and single words that the calibration never saw.

- Each input channel is scaled before rounding, so that loud channels do not drown the others, and the weights take the
  inverse (SmoothQuant, Xiao et al. 2023). Scaled half as far: .985 and .995.
- Of a layer's inner channels the few with the largest weights are split into copies that share the weight, so that an
  outlier does not coarsen its whole row (outlier channel splitting, Zhao et al. 2019). Without: .902 and .997.
- Ranges are wider by a seventh than calibration saw, as what lies outside is cut off. Without, the worst question
  falls from .998 to .996.

Left out: rounding the attention weights, which long texts spread too thin for a byte (.985 for the worst long passage),
and making later weights amend the rounding of earlier ones (GPTQ: .0003 better on average, for 20 seconds more).

Rounding needs the range of the activations, measured on sample texts written for that: prose on many subjects,
questions, single words, tables, code, other alphabets, nothing at all. Ranges over it serve as well as ranges over
passages of four public collections (lowest cosine within .001). It is fixed, so that every build is the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.encoders.graph import (
    MOSTLY_POSITIVE,
    PLACES,
    SIGNED,
    Linear,
    Model,
    import_openvino,
    linear_layers,
    watched,
    write_graph,
)

RECIPE = "int8/1"  # changes whenever the vectors would
SMOOTHING = 0.85  # how far loudness moves from the channels into the weights; flat from .75 to .9
QUIET = 1.5  # inner channels quieter than this count as this loud: their negative part, -.17, has to fit as well
MARGIN = 1.15
SPLITS = 16  # 1 % more work; twice as many are no better


@dataclass(frozen=True, slots=True)
class Range:
    """The least and greatest value seen in each channel: two float32 arrays of shape (channels,)."""

    low: np.ndarray
    high: np.ndarray

    def __or__(self, other: "Range") -> "Range":
        """The smallest range that includes both."""
        return Range(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


def round_layers(layers: dict[str, Linear], seen: dict[str, Range]) -> dict[str, Linear]:
    """Round the layers of weights of `linear_layers` to bytes, by the range seen in the calibration texts at each place.

    What scales a layer's input is folded into the layer before it where there is one.
    """
    result = {}
    for layer in sorted({place.split(".")[0] for place in layers}, key=int):
        query, key, value, gathered, inner, outer = (layers[f"{layer}.{place}"] for place in PLACES)
        attention, queries, keys, gather, into, out = (
            seen[f"{layer}.{place}"] for place in ("attention", "query", "key", "gathered", "inner", "outer")
        )
        copies = split_channels(outer.weight, out)
        inner = Linear(inner.weight[copies], inner.bias[copies])
        outer = Linear((outer.weight / np.bincount(copies).astype(np.float32))[:, copies], outer.bias)
        out = Range(out.low[copies], out.high[copies])
        factor = _factor(np.concatenate([query.weight, key.weight, value.weight]), attention)
        spread = _factor(gathered.weight, gather)
        value = Linear(value.weight * spread[:, None], value.bias * spread)
        for place, part, seen_out in (("query", query, queries), ("key", key, keys)):
            unit = float(max(-seen_out.low.min(), seen_out.high.max()) * MARGIN / SIGNED[1])
            result[f"{layer}.{place}"] = _round(Linear(part.weight / unit, part.bias / unit), factor, unit=unit)
        result[f"{layer}.value"] = _round(value, factor)
        result[f"{layer}.gathered"] = _round(gathered, spread, upstream=True)
        result[f"{layer}.inner"] = _round(inner, _factor(inner.weight, into))
        result[f"{layer}.outer"] = _round(outer, _factor(outer.weight, out, levels=MOSTLY_POSITIVE))
    return result


def _factor(weight: np.ndarray, seen: Range, *, levels: tuple[int, int] = SIGNED) -> np.ndarray:
    """What to multiply each input channel by, so that all fit the levels and none drowns: float32, shape (inputs,)."""
    loud = np.maximum(np.maximum(-seen.low, seen.high), QUIET if levels == MOSTLY_POSITIVE else 1e-6)
    balance = np.maximum(np.abs(weight).max(axis=0), 1e-6) ** (1 - SMOOTHING) / loud**SMOOTHING
    room = min(levels[1] / max((seen.high * balance).max(), 1e-6), levels[0] / min((seen.low * balance).min(), -1e-6))
    return np.asarray(balance * room / MARGIN, dtype=np.float32)


def split_channels(weight: np.ndarray, seen: Range) -> np.ndarray:
    """Which channel each input of a layer becomes a copy of, `SPLITS` more than there are.

    Each time, the channel is split further whose split lowers the squared greatest weights of the rows the most.
    """
    scaled = np.abs(weight / _factor(weight, seen, levels=MOSTLY_POSITIVE))
    counts, rows = np.ones(weight.shape[1], dtype=int), np.arange(len(weight))
    for _ in range(SPLITS):
        top = scaled.argmax(axis=1)
        greatest = scaled[rows, top]
        scaled[rows, top] = 0
        below = np.maximum(scaled.max(axis=1), greatest * counts[top] / (counts[top] + 1))
        scaled[rows, top] = greatest
        best = np.bincount(top, weights=greatest**2 - below**2, minlength=len(counts)).argmax()
        scaled[:, best] *= counts[best] / (counts[best] + 1)
        counts[best] += 1
    return np.concatenate([np.arange(len(counts)), np.repeat(np.arange(len(counts)), counts - 1)])


def _round(layer: Linear, factor: np.ndarray, *, unit: float = 1.0, upstream: bool = False) -> Linear:
    """Round one layer whose input comes multiplied by `factor`."""
    weight = layer.weight / factor
    scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True), 1e-12) / np.float32(127)
    rounded = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
    return Linear(rounded, layer.bias, scale.astype(np.float32), None if upstream else factor, unit)


PROSE = """
The river rises in the eastern hills and runs for two hundred kilometres before it meets the sea near the old harbour.
In 1847 the council approved a second bridge, which was completed nine years later at a cost of $1.2 million.
Mitochondria convert the chemical energy of food into adenosine triphosphate, the molecule that powers most cells.
To reset the router, hold the small button on the back for ten seconds and wait until the light turns green.
The court held that the contract was void because neither party had signed the amended schedule.
She was born in Lagos, studied medicine in Edinburgh and returned home to open the first children's clinic in the city.
Interest on the loan is charged monthly at a rate of 4.5% per year, so paying early reduces the total cost.
Heavy rain is expected over northern England on Tuesday, with winds of up to 90 km/h along the coast.
The team won the final 3-2 after extra time, with the captain scoring twice in the last quarter of an hour.
Add the flour slowly, stir until the mixture is smooth, and bake it at 180 degrees for about forty minutes.
A function that calls itself must have a base case; otherwise it keeps calling until the stack overflows.
Although the treaty ended the war, fighting between the two kingdoms went on along the border for another decade.
Photosynthesis takes in carbon dioxide and water and, using sunlight, gives off oxygen and makes sugar.
You may claim the allowance if you are over 65, live alone, and your income was below the limit last year.
The museum keeps more than 40,000 objects, among them coins, maps, musical instruments and a Viking ship.
Patients who took the drug had fewer headaches than those who were given a placebo (p < 0.05).
Click "Create", choose a region, enter a name for the service instance, and then select the pricing plan.
The novel tells the story of an old sailor who spends a winter alone on an island off the coast of Chile.
Gold is a soft, dense, yellow metal with the symbol Au and the atomic number 79.
Protesters gathered outside the parliament in Nairobi, demanding lower fuel prices and an independent inquiry.
He argued that knowledge comes only from experience, a view that Kant would later challenge.
The engine produces 150 horsepower, and the tank holds 55 litres of petrol.
Under the new rules, employers must give workers a written statement of their hours, pay and holidays.
Penguins cannot fly, but they swim well and can stay under water for as long as twenty minutes.
Shares of the company fell by a fifth on Monday after it warned that profits would be lower than expected.
The symphony is in four movements; the slow second one is played by the strings alone.
Researchers at the University of Tokyo trained a neural network to predict earthquakes from satellite images.
The population grew from 12,300 in the census of 1901 to more than 85,000 by the end of the century.
If the command fails with "permission denied", run it again as an administrator or change the owner of the folder.
Buddhism reached Japan from Korea in the sixth century and was soon adopted by the ruling families.
A mortgage is a loan secured on a house; if you stop paying, the bank can take the property.
The first episode was watched by 8.4 million people, although critics called the plot thin and the acting wooden.
Earth orbits the Sun once every 365.25 days at an average distance of 149.6 million kilometres.
The bacteria spread through dirty water, causing fever, vomiting and, in severe cases, death.
Tickets cost 15 euros for adults and 8 euros for children, and the castle is closed on Mondays.
Mr. Alvarez, the chairman, said the committee would publish its report before the end of June.
The recipe comes from the south of Italy, where olive oil is used in place of butter.
Each node keeps a copy of the log, and a leader is elected by a majority of votes.
Roman soldiers built the wall to guard the frontier of the empire against tribes from the north.
The vaccine is given in two doses, three to six weeks apart, usually in the upper arm.
For a right triangle, the square of the longest side equals the sum of the squares of the other two.
Our cat sleeps all day, then wakes the whole house at four in the morning because she wants to be fed.
The dam supplies electricity to about two million homes and water to farms in the dry valley below.
Investors should not put all their money into one fund, because markets can fall as quickly as they rise.
I left my umbrella on the train yesterday, and nobody at the station has seen it since.
The senator voted against the bill, saying it would raise taxes without improving schools.
Iron rusts when it is exposed to oxygen and moisture, forming a reddish-brown oxide on the surface.
The festival opens with a parade of lanterns, followed by music, dancing and fireworks over the lake.
Only authorised users with an API key may delete a bucket; all requests are logged for ninety days.
The treaty was signed in Geneva by thirty-one states and entered into force on 1 January 1995.
""".strip().splitlines()
_QUESTIONS = """
Who wrote it?
When was the bridge completed?
What does the mitochondrion do in a cell?
how much interest do I pay on a loan
Why did the shares of the company fall on Monday?
Where is the museum, and what can I see there?
how do i reset my router
Which team won the final?
Is the castle open on Mondays?
What is the capital of Australia?
Can I claim the allowance if I live with my sister?
what about the second one?
How many people live in the city?
thanks, and how long does it take?
Tell me more about that.
In what year did the war end?
What happens if I stop paying my mortgage?
Are there any side effects of the vaccine?
difference between a function and a method
Who was the first woman to win the Nobel Prize, and for what?
Does it also work with older versions?
What's the best way to save for retirement in my thirties?
best time to plant tomatoes
how far is the earth from the sun
""".strip().splitlines()
ODDITIES = """
| Name | Age | City | --- | Ana | 31 | Porto | Ben | 27 | Leeds |
def add(first, second): return first + second  # adds two numbers
https://example.org/docs/install?version=2.1&lang=en [Install guide](https://example.org/install)
1. Open the file. 2. Save it. 3. Close the window. * item one * item two - done -
Tel. +44 20 7946 0958, Mon-Fri 9:00-17:30, info@example.org, Room 4B, 12 High St., London
{"id": 7, "status": "ok", "items": [1, 2, 3], "error": null}
El río nace en las montañas y cruza la ciudad vieja. La maison est près de la gare. Der Vertrag gilt ab Januar.
E = mc^2; x_1 + x_2 >= 10; 3/4 cup; 5' 11"; #1; 100%; (a) & (b) -> c; $9.99
WARNING: DO NOT OPEN THE CASE!!! Risk of electric shock...
東京は日本の首都です。 Москва — столица России. 😀 🎉 ok
""".strip().splitlines()
SHORT = """
a|I|no|hello|2024|river|thanks!|yes, please|New York|Table of contents|Chapter 3|why|who?|?|...|42|tax law|
photosynthesis|Dr. Smith|😀|日本|naïve café|C++|N/A|heart attack|page 12|See also|what|Introduction
""".replace("\n", "").split("|")
SENTENCES_PER_TEXT = {2: 24, 3: 20, 4: 24, 6: 20, 9: 14, 14: 6}  # how many texts of so many sentences
SENTENCES_PER_PASSAGE = {1: 30, 3: 40, 5: 40, 7: 40, 9: 24}


def sample_texts() -> list[str]:
    """The sample: 222 different texts, always the same, of 2 to 256 tokens, 14,000 in all."""
    pool = PROSE + _QUESTIONS[:8] + ODDITIES
    texts = ["", *SHORT, *_QUESTIONS, *ODDITIES, *PROSE]
    return texts + [text for _, _, text in _join_sentences(pool, SENTENCES_PER_TEXT)]


def _join_sentences(pool: list[str], sizes: dict[int, int]) -> Iterator[tuple[int, int, str]]:
    """Yield texts of so many sentences, so many times, each with its number of sentences and its turn among these."""
    for count, times in sizes.items():
        for turn in range(times):
            first, stride = turn * 17 + count, 1 + turn % 11
            yield count, turn, " ".join(pool[(first + step * stride) % len(pool)] for step in range(count))


def sample_pairs() -> list[tuple[str, str, str]]:
    """The sample for a reader: 176 questions with a heading, which may be empty, and a passage, always the same."""
    pool = PROSE + ODDITIES
    pairs = [("", "", ""), (_QUESTIONS[0], "", "")]
    for count, turn, passage in _join_sentences(pool, SENTENCES_PER_PASSAGE):
        heading = SHORT[(turn * 17 + count) % len(SHORT)] if turn % 2 else ""
        pairs.append((_QUESTIONS[(turn + count) % len(_QUESTIONS)], heading, passage))
    return pairs


def observe(model: Model, batches: list[list[np.ndarray]]) -> dict[str, Range]:
    """Run the 32-bit model over batches from `pad`; return the range of each channel at each place of `watched`."""
    openvino = import_openvino()
    graph = write_graph(model, linear_layers(model), watch=True)
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    seen: dict[str, Range] = {}
    for batch in batches:
        results = compiled(batch)
        for position, place in enumerate(watched(model)):
            found = Range(results[2 * position].copy(), results[2 * position + 1].copy())
            seen[place] = seen[place] | found if place in seen else found
    return seen
