"""Dreams: pictures decoded from random latent vectors, written to the demo folder."""

from PIL import Image

import data
from latents.samplers import MOST_PICTURES, Mixture, Prior, in_words
from latents.space import describe_space
from pictures.files import to_uint8, write_picture
from pictures.sheets import sheet, titled
from run_folder import save_json

COLUMNS = 10


def write(vae, train, settings, run):
    """Draw latent vectors, decode them, and write each dream and a sheet of all.

    Writes also where the codes of pictures of the `Split` `train` lie; a mixture is
    fitted to them.
    """
    # Not the seed of the vectors that are decoded while training.
    seed, temperature = settings.seed + 1, settings.demo_temperature
    some = data.evaluation_batches(train.spread(MOST_PICTURES), settings.batch_size)
    codes = vae.encode(some)
    mixture = Mixture.fit(*codes, seed)
    is_prior = settings.demo_sampler == "prior"
    sampler = Prior(settings.latent_dim) if is_prior else mixture
    latents = sampler.sample(settings.demo_iterations, temperature, seed)
    dreams = to_uint8(vae.decode(latents))
    folder = run.demo(settings.name)
    folder.mkdir(exist_ok=True)
    for number, dream in enumerate(dreams, start=1):
        write_picture(Image.fromarray(dream), folder / f"dream_{number:03d}.png")
    title = f"dreams from {in_words(settings.demo_sampler, temperature)}"
    write_picture(titled(sheet(dreams, COLUMNS), title), run.dreams(settings.name))
    save_json(run.latents, describe_space(codes[0], mixture, vae.decode))
