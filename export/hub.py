"""Sends a shared folder to the Hugging Face hub, when its user asks for it."""

import huggingface_hub

from mistakes import Mishap, UserMistake, reason_of


def check_login():
    """Raise UserMistake unless somebody is logged in on this machine."""
    if huggingface_hub.get_token() is None:
        raise UserMistake("--push: nobody is logged in; say first: hf auth login")


def push_folder(folder, name):
    """Send a folder as a model and as a static Space, and return their addresses.

    Args:
        folder: as `share.write_folder` writes it.
        name: such as `user/castles`; made if it is not there.

    Raises:
        Mishap: the hub cannot be reached, or refuses.
    """
    api = huggingface_hub.HfApi()
    addresses = []
    for kind, options in (("model", {}), ("space", {"space_sdk": "static"})):
        try:
            made = api.create_repo(name, repo_type=kind, exist_ok=True, **options)
            api.upload_folder(repo_id=name, repo_type=kind, folder_path=folder)
        # Versions of the package differ in what they raise, none of it ours.
        except Exception as error:
            raise Mishap(f"--push {name}: {reason_of(error)}") from error
        addresses.append(str(made))
    return addresses
