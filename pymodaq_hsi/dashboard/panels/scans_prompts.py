"""What a plan wants to know before anything moves: asked in the panel, answered when the person likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtWidgets import QComboBox, QFormLayout, QGroupBox, QLineEdit, QPushButton, QWidget

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.notices import Notices

__all__ = ["PromptBox"]


class PromptBox(QGroupBox):
    """The open questions of the scan that is about to begin; hidden when there are none.

    Parameters
    ----------
    link : StationLink
    notices : Notices
    """

    def __init__(self, link: StationLink, notices: Notices) -> None:
        super().__init__("Before it begins")
        self.setObjectName("Prompts")
        self._link, self._notices = link, notices
        self._prompts: list[Message] = []
        self._fields: dict[str, QWidget] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(8, 4, 8, 6)
        self.answer = QPushButton("Answer and begin")
        self.answer.setObjectName("AnswerPrompts")
        self.answer.setProperty("primary", True)
        self.answer.setToolTip("Keep the answers with the scan, and begin; Stop begins nothing")
        self.answer.clicked.connect(self._answer)
        self._form.addRow(self.answer)
        self.hide()

    def show_prompts(self, prompts: list[Message]) -> None:
        """Ask these questions; an empty list hides the box."""
        if prompts != self._prompts:
            self._prompts = prompts
            while self._form.rowCount() > 1:
                self._form.removeRow(0)
            self._fields = {prompt["name"]: _field(prompt) for prompt in prompts}
            for row, prompt in enumerate(prompts):
                text = prompt["question"] or prompt["name"]
                self._form.insertRow(
                    row, text if prompt["required"] else f"{text} (optional)", self._fields[prompt["name"]]
                )
        self.setVisible(bool(prompts))

    def _answer(self) -> None:
        answers: dict[str, Any] = {}
        for prompt in self._prompts:
            field = self._fields[prompt["name"]]
            text = field.currentText() if isinstance(field, QComboBox) else field.text()
            if text.strip():
                default = prompt.get("default")
                answers[prompt["name"]] = default if default is not None and text == str(default) else text.strip()
        self._link.ask("answer_prompt", None, self._notices.fail, metadata=answers)


def _field(prompt: Message) -> QWidget:
    default = "" if prompt.get("default") is None else str(prompt["default"])
    if prompt["choices"]:
        box = QComboBox()
        box.addItems([*([] if prompt["required"] else [""]), *(str(each) for each in prompt["choices"])])
        box.setCurrentText(default)
        box.setObjectName(f"Prompt_{prompt['name']}")
        return box
    line = QLineEdit(default)
    line.setObjectName(f"Prompt_{prompt['name']}")
    return line
