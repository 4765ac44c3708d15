"""The demo folder: dreams one by one, and on one sheet."""

from PIL import Image

import data
from latents.samplers import MOST_PICTURES, Mixture, Prior, in_words
from latents.space import describe_space
from pictures.files import to_uint8, write_picture
from pictures.sheets import sheet, titled
from run_folder import DREAMS, save_json

COLUMNS = 10


def write(vae, train, settings, run):
    """Draw latent vectors, decode them, and write each dream and a sheet of all.

    Writes also where the codes of pictures of the `Split` `train` lie; a mixture is
    fitted to them.
    """
    # Not the seed of the vectors that are decoded while training.
    seed = settings.seed + 1
    codes = encode_some(vae, train, settings)
    mixture = Mixture.fit(*codes, seed)
    is_prior = settings.demo_sampler == "prior"
    sampler = Prior(settings.latent_dim) if is_prior else mixture
    folder = run.demo(settings.name)
    folder.mkdir(exist_ok=True)
    # A run that goes on may dream less than it did before.
    for path in folder.glob("dream_*.png"):
        path.unlink()
    write_dreams(vae, sampler, settings, seed, folder)
    save_json(run.latents, describe_space(codes[0], mixture, vae.decode))


def write_dreams(vae, sampler, settings, seed, folder):
    """Write dreams drawn from a sampler, and a sheet of all, into a folder."""
    temperature = settings.demo_temperature
    latents = sampler.sample(settings.demo_iterations, temperature, seed)
    dreams = write_pictures(vae, latents, folder)
    title = f"dreams from {in_words(settings.demo_sampler, temperature)}"
    write_picture(titled(sheet(dreams, COLUMNS), title), folder / DREAMS)


def write_pictures(vae, latents, folder):
    """Write the picture of each latent vector, and return them, uint8."""
    pictures = to_uint8(vae.decode(latents))
    for number, picture in enumerate(pictures, start=1):
        write_picture(Image.fromarray(picture), folder / f"dream_{number:03d}.png")
    return pictures


def encode_some(vae, train, settings):
    """Return the codes that a mixture is fitted to, as `VAE.encode` does."""
    some = data.evaluation_batches(train.spread(MOST_PICTURES), settings.batch_size)
    return vae.encode(some)
